"""A line across the screen that is there only when something is wrong."""

from __future__ import annotations

from textual.content import Content

from .words import Words


class Banner(Words):
    """Tells what is wrong, as plain text."""

    def warn(self, text: str) -> None:
        """Show a text; an empty one hides the line."""
        self.tell(Content(text))
        self.display = bool(text)
