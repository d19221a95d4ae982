"""Words that are told again and again, and seldom change."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class Words(Static):
    """Paints when it is told something else, and has the screen laid out anew when that has another length."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._told = Content()

    def on_mount(self) -> None:
        """What was told before was measured once, whatever was told after that."""
        self.call_after_refresh(lambda: self.update(self._told))

    def tell(self, content: Content) -> None:
        """Show this."""
        before, self._told = self._told, content
        if (content.plain, content.spans) != (before.plain, before.spans):
            self.update(content, layout=content.cell_length != before.cell_length)
