"""Lines of a log in their colours, of which more is to be had at both ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from ..commands import Command, bindings
from ..loglines import LogLine
from ..logrows import Face, LogRows, cut
from ..sgr import painted
from .sticky import Sticky

_STYLES: Final = {0: "logview--remark", 2: "logview--stderr"}  # by stream
SCROLLS: Final = (
    Command("scroll_up", "up,k", "Up", "One line up", "Move"),
    Command("scroll_down", "down,j", "Down", "One line down", "Move"),
    Command("scroll_left", "left,h", "Left", "To the left", "Move"),
    Command("scroll_right", "right,l", "Right", "To the right", "Move"),
    Command("page_up", "pageup,ctrl+b", "Page up", "One page up", "Move"),
    Command("page_down", "pagedown,ctrl+f,space", "Page down", "One page down", "Move"),
)


class LogView(Sticky):
    """Shows lines, as many rows each as they need; who looks at the last one goes on to see the last one."""

    commands: ClassVar[tuple[Command, ...]] = SCROLLS
    BINDINGS = bindings(SCROLLS)
    COMPONENT_CLASSES = {*_STYLES.values(), "logview--found", "logview--prefix"}

    def __init__(self, face: Face, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.face = face
        self.mark: int | None = None
        """The line that is pointed at."""
        self._held: Sequence[LogLine] = ()
        self.rows = LogRows()

    @property
    def _width(self) -> int:
        """The cells of a row; the bar at its side has its own, be it seen or not."""
        return max(1, self.scrollable_content_region.width)

    @property
    def top(self) -> int:
        """The line at the top."""
        return min(max(0, len(self.rows.lines) - 1), self.rows.line_at(self.scroll_offset.y))

    def show(self, lines: Sequence[LogLine], *, follow: bool = False) -> None:
        """Show these; what was seen stays where it is, if it is still there, or the end is gone to with `follow`."""
        marked, top = self.rows.key_at(self.mark), self.rows.key_at(self.top)
        self._held = lines
        self.rows = rows = LogRows.of(lines, self.face, self._width, self.rows)
        self.mark = rows.place_of(marked)
        self.measure(Size(rows.widest, len(rows)))
        if follow:
            self.go(True)
        elif (place := rows.place_of(top)) is not None:
            self.move(rows.row_of(place))
        self.refresh()

    def look(self, **changes: object) -> None:
        """Show the same in another way."""
        self.face = replace(self.face, **changes)  # type: ignore[arg-type]
        self.show(self._held, follow=self.sticks)

    def find(self, is_sought: Callable[[str], bool], *, backwards: bool) -> bool:
        """Point at the next line that is sought, from the one that is pointed at on; whether there is one."""
        first = self.top if self.mark is None else self.mark + (-1 if backwards else 1)
        return self._point(self.rows.find(is_sought, first, backwards=backwards))

    def point(self, line: LogLine) -> bool:
        """Point at a line; whether it is there."""
        return self._point(self.rows.place_of(line.key))

    def _point(self, index: int | None) -> bool:
        if index is None:
            return False
        self.mark = index
        row = self.rows.row_of(index)
        self.scroll_to(y=max(0, row - self.size.height // 3), animate=False, immediate=True, force=True)
        self.refresh()
        return True

    def on_resize(self) -> None:
        """Rows depend on the width, and how many are seen on the height, be it that of a bar for wide lines."""
        self.show(self._held, follow=self.sticks)

    def render_line(self, y: int) -> Strip:
        """Paint one row."""
        x, top = self.scroll_offset
        row, width = y + top, self._width
        index = self.rows.line_at(row)
        if index >= len(self.rows.lines):
            return Strip.blank(width, self.rich_style)
        segments = self._painted(index)
        if not self.face.wraps:
            return Strip(segments).crop_extend(x, x + width, self.rich_style)
        return Strip(cut(segments, *self.rows.span(row))).extend_cell_length(width, self.rich_style)

    def _painted(self, index: int) -> Sequence[Segment]:
        line = self.rows.lines[index]
        style: Style = self.rich_style
        if line.stream in _STYLES:
            style = style + self.get_component_rich_style(_STYLES[line.stream], partial=True)
        if index == self.mark:
            style = style + self.get_component_rich_style("logview--found", partial=True)
        prefix = Segment(self.face.prefix(line), style + self.get_component_rich_style("logview--prefix", partial=True))
        return [prefix, *painted(line.text, style)]
