"""Lines of text to be scrolled through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ..commands import Command, bindings
from ..transcript import Line

_STYLES: Final = {0: "pager--remark", 2: "pager--stderr"}  # by stream

SCROLLS: Final = (
    Command("scroll_up", "up,k", "Up", "One line up", "Move"),
    Command("scroll_down", "down,j", "Down", "One line down", "Move"),
    Command("scroll_left", "left,h", "Left", "To the left", "Move"),
    Command("scroll_right", "right,l", "Right", "To the right", "Move"),
    Command("page_up", "pageup,ctrl+b", "Page up", "One page up", "Move"),
    Command("page_down", "pagedown,ctrl+f,space", "Page down", "One page down", "Move"),
    Command("scroll_home", "home,g", "First", "To the beginning", "Move"),
    Command("scroll_end", "end,G", "Last", "To the end", "Move"),
)


class Pager(ScrollView, can_focus=True):
    """Shows lines; who looks at the last one goes on to see the last one."""

    commands: ClassVar[tuple[Command, ...]] = SCROLLS
    BINDINGS = bindings(SCROLLS)
    COMPONENT_CLASSES = {*_STYLES.values()}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[Line] = ()
        self._width = 0

    def show(self, lines: Sequence[Line], is_new: bool = True) -> None:
        """Show lines: new ones, or those that are shown and more, of which the last that is shown may have changed."""
        is_at_end = self.scroll_offset.y >= self.max_scroll_y
        known = 0 if is_new else max(0, len(self._lines) - 1)
        self._width = max([0 if is_new else self._width, *(cell_len(each.text) for each in lines[known:])])
        self._lines = tuple(lines)
        self.virtual_size = Size(self._width, len(lines))
        if is_at_end:
            self.scroll_end(animate=False, immediate=True)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Paint one line of the screen."""
        x, top = self.scroll_offset
        if y + top >= len(self._lines):
            return Strip.blank(self.size.width, self.rich_style)
        line = self._lines[y + top]
        style = self.get_component_rich_style(_STYLES[line.stream]) if line.stream in _STYLES else self.rich_style
        return Strip([Segment(line.text, style)]).crop_extend(x, x + self.size.width, self.rich_style)
