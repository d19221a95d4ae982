"""A line under a table: what it is about, and what is being done."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from .words import Words


class Status(Words):
    """Parts of a line, each with a style; it is there only when there is something to say."""

    def report(self, parts: Iterable[tuple[str, str]]) -> None:
        """Show these; texts are plain, and empty ones are left out."""
        told = [part for text, style in parts if text for part in ((text, style), "   ")]
        self.tell(Content.assemble(*told))
        self.display = bool(told)
