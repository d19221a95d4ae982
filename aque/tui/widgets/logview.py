"""Lines of a log in their colours, of which more is to be had at both ends."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import ClassVar, Final

from rich.cells import cell_len, get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ..commands import Command, bindings
from ..loglines import LogLine
from ..sgr import painted, plain

_STYLES: Final = {0: "logview--remark", 2: "logview--stderr"}  # by stream
_NEAR: Final = 2  # pages from an end of what is held, from where on more is wanted
_TIME: Final = 14  # cells of the time before a line


_WIDER: Final = "\u0300"  # from here on characters may take other than one cell
SCROLLS: Final = (
    Command("scroll_up", "up,k", "Up", "One line up", "Move"),
    Command("scroll_down", "down,j", "Down", "One line down", "Move"),
    Command("scroll_left", "left,h", "Left", "To the left", "Move"),
    Command("scroll_right", "right,l", "Right", "To the right", "Move"),
    Command("page_up", "pageup,ctrl+b", "Page up", "One page up", "Move"),
    Command("page_down", "pagedown,ctrl+f,space", "Page down", "One page down", "Move"),
)


@dataclass(frozen=True, slots=True)
class Face:
    """How lines are shown: which streams, whether they go on in the next row, and what stands before them."""

    streams: frozenset[int] = frozenset({0, 1, 2})
    wraps: bool = False
    times: bool = False
    tags: bool = False

    def prefix(self, line: LogLine) -> str:
        """What stands before a line."""
        time = f"{line.at.astimezone():%H:%M:%S.%f}"[:-3] + "  " if self.times else ""
        mark = {1: "", 2: "│ ", 0: ""}[line.stream]
        return time + (f"[{line.key[0]}] " if self.tags else "") + mark

    def room(self, line: LogLine) -> int:
        """The cells of that."""
        return (_TIME if self.times else 0) + (len(f"[{line.key[0]}] ") if self.tags else 0) + (line.stream == 2) * 2


def _measured(line: LogLine, known: tuple[str, int] | None) -> tuple[str, int]:
    """The text of a line, and its cells, as they are known or anew."""
    if known and known[0] == line.text:
        return known
    shown = plain(line.text)
    return line.text, len(shown) if shown.isascii() else cell_len(shown)


def starts(prefix: str, text: str, width: int) -> Sequence[int]:
    """The cells at which the rows of a line begin, none in the middle of a character."""
    whole = prefix + text
    if max(whole, default="") < _WIDER:
        return range(0, max(1, len(whole)), width)
    found, at = [0], 0
    for each in whole:
        size = get_character_cell_size(each)
        if at + size > found[-1] + width:
            found.append(at)
        at += size
    return found


class LogView(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows lines, as many rows each as they need; who looks at the last one goes on to see the last one."""

    commands: ClassVar[tuple[Command, ...]] = SCROLLS
    BINDINGS = bindings(SCROLLS)
    COMPONENT_CLASSES = {*_STYLES.values(), "logview--found", "logview--prefix"}

    class Edge(Message):
        """It was scrolled near to an end of what is held."""

        def __init__(self, is_last: bool) -> None:
            super().__init__()
            self.is_last = is_last

    def __init__(self, face: Face, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.face = face
        self.mark: int | None = None
        """The line that is pointed at."""
        self.lines: Sequence[LogLine] = ()
        self._held: Sequence[LogLine] = ()
        self._widths: dict[tuple[int, int, int], tuple[str, int]] = {}  # texts of lines, and their cells
        self._is_shown = True  # who scrolls now is the user
        self._sticks = True  # to the last row, whatever becomes of the height
        self._starts: list[int] = [0]  # the first row of each line, and how many rows there are

    @property
    def _width(self) -> int:
        """The cells of a row; the bar at its side has its own, be it seen or not."""
        return max(1, self.scrollable_content_region.width)

    @property
    def is_at_end(self) -> bool:
        """Whether the last row is seen."""
        return self.scroll_offset.y >= self.max_scroll_y

    @property
    def is_short(self) -> bool:
        """Whether there are so few rows that nobody could scroll to where more is wanted."""
        return self._starts[-1] < (_NEAR + 1) * max(1, self.size.height)

    @property
    def top(self) -> int:
        """The line at the top."""
        return min(max(0, len(self.lines) - 1), bisect_right(self._starts, self.scroll_offset.y) - 1)

    def show(self, lines: Sequence[LogLine], *, follow: bool = False) -> None:
        """Show these; what was seen stays where it is, if it is still there, or the end is gone to with `follow`."""
        marked = self.lines[self.mark].key if self.mark is not None and self.mark < len(self.lines) else None
        top = self.lines[self.top].key if self.lines else None
        self._held = lines
        self.lines = [each for each in lines if each.stream in self.face.streams]
        places = {each.key: index for index, each in reversed(list(enumerate(self.lines)))}
        self.mark = places.get(marked) if marked else None
        with self._showing():
            self._measure()
        if follow:
            self.go(True)
        elif top in places:
            self._scroll(self._starts[places[top]])
        self.refresh()

    def go(self, is_end: bool) -> None:
        """Show the last rows, or the first ones: more is not wanted because of it."""
        self._scroll(self.max_scroll_y if is_end else 0)
        self._sticks |= is_end

    def on_mount(self) -> None:
        """A bar for wide lines takes a row, and comes when it has been scrolled already."""
        self.watch(self, "show_horizontal_scrollbar", self._stay, init=False)

    def _stay(self) -> None:
        if self._sticks:
            self.go(True)

    def _scroll(self, row: int) -> None:
        with self._showing():
            self.scroll_to(y=row, animate=False, immediate=True, force=True)
        self._sticks = self.is_at_end

    @contextmanager
    def _showing(self) -> Iterator[None]:
        self._is_shown = False
        try:
            yield
        finally:
            self._is_shown = True

    def look(self, **changes: object) -> None:
        """Show the same in another way."""
        self.face = replace(self.face, **changes)  # type: ignore[arg-type]
        self.show(self._held, follow=self._sticks)

    def find(self, is_sought: Callable[[str], bool], *, backwards: bool) -> bool:
        """Point at the next line that is sought, from the one that is pointed at on; whether there is one."""
        step = -1 if backwards else 1
        first = self.top if self.mark is None else self.mark + step
        stop = -1 if backwards else len(self.lines)
        found = next((index for index in range(first, stop, step) if is_sought(self.lines[index].text)), None)
        return found is not None and self._point(found)

    def point(self, line: LogLine) -> bool:
        """Point at a line; whether it is there."""
        found = next((index for index, each in enumerate(self.lines) if each.key == line.key), None)
        return found is not None and self._point(found)

    def _point(self, index: int) -> bool:
        self.mark = index
        row = self._starts[index]
        self.scroll_to(y=max(0, row - self.size.height // 3), animate=False, immediate=True, force=True)
        self.refresh()
        return True

    def on_resize(self) -> None:
        """Rows depend on the width, and how many are seen on the height, be it that of a bar for wide lines."""
        self.show(self._held, follow=self._sticks)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """More may be wanted where it was scrolled to."""
        super().watch_scroll_y(old_value, new_value)
        near = _NEAR * max(1, self.size.height)
        if old_value != new_value and self.lines and self._is_shown:
            self._sticks = self.is_at_end
            if new_value < old_value and new_value < near:
                self.post_message(self.Edge(False))
            elif new_value > old_value and new_value > self.max_scroll_y - near:
                self.post_message(self.Edge(True))

    def render_line(self, y: int) -> Strip:
        """Paint one row."""
        x, top = self.scroll_offset
        row, width = y + top, self._width
        index = bisect_right(self._starts, row) - 1
        if index >= len(self.lines):
            return Strip.blank(width, self.rich_style)
        left = self._rows(index)[row - self._starts[index]] if self.face.wraps else x
        return self._strip(index).crop_extend(left, left + width, self.rich_style)

    def _strip(self, index: int) -> Strip:
        line = self.lines[index]
        style: Style = self.rich_style
        if line.stream in _STYLES:
            style = style + self.get_component_rich_style(_STYLES[line.stream], partial=True)
        if index == self.mark:
            style = style + self.get_component_rich_style("logview--found", partial=True)
        prefix = Segment(self.face.prefix(line), style + self.get_component_rich_style("logview--prefix", partial=True))
        return Strip([prefix, *painted(line.text, style)])

    def _rows(self, index: int) -> Sequence[int]:
        line = self.lines[index]
        return starts(self.face.prefix(line), plain(line.text), self._width)

    def _measure(self) -> None:
        width = self._width
        known = self._widths
        self._widths = {each.key: _measured(each, known.get(each.key)) for each in self.lines}
        cells = [self.face.room(each) + self._widths[each.key][1] for each in self.lines]
        wraps = self.face.wraps
        rows = [len(self._rows(each)) if wraps and cells[each] > width else 1 for each in range(len(cells))]
        self._starts = [0, *accumulate(rows)]
        self.virtual_size = Size(width if wraps else max(cells, default=0), self._starts[-1])
