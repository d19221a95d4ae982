"""A line across the screen that is there only when something is wrong."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class Banner(Static):
    """Tells what is wrong, as plain text."""

    def tell(self, text: str) -> None:
        """Show a text; an empty one hides the line."""
        self.update(Content(text))
        self.display = bool(text)
