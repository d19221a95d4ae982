"""A table of any length that holds the rows of some three screens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ..commands import Command, bindings
from ..keys import Ids, Keys
from .column import GAP, Column, Row, cell, fit

_HEADING: Final = 1  # line
_MARGIN: Final = 1  # cells at each side

MOVES: Final = (
    Command("move(-1)", "up,k", "Up", "One line up", "Move"),
    Command("move(1)", "down,j", "Down", "One line down", "Move"),
    Command("turn(-1)", "pageup,ctrl+b", "Page up", "One page up", "Move"),
    Command("turn(1)", "pagedown,ctrl+f", "Page down", "One page down", "Move"),
    Command("jump(0)", "home,g", "First", "To the first line", "Move"),
    Command("jump(-1)", "end,G", "Last", "To the last line", "Move"),
)


class VTable(ScrollView, can_focus=True):
    """Lines that have a key each, under a heading; the cursor belongs to a key, wherever its line moves.

    `reorder` gives the keys of all lines, `feed` the rows of some. Where rows are missing, or soon will be, the table
    posts `Want`. It knows nothing of where they come from.
    """

    commands: ClassVar[tuple[Command, ...]] = MOVES
    BINDINGS = bindings(MOVES)
    COMPONENT_CLASSES = {"vtable--heading", "vtable--cursor", "vtable--missing", "vtable--remark"}

    class Want(Message):
        """Rows are wanted: `count` of them from line `start` on."""

        def __init__(self, start: int, count: int) -> None:
            super().__init__()
            self.start = start
            self.count = count

        def can_replace(self, message: Message) -> bool:
            """The latest wish is the one that counts."""
            return isinstance(message, VTable.Want)

    class Chosen(Message):
        """A line was clicked twice."""

    def __init__(self, columns: Sequence[Column], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.columns = columns
        self.keys: Keys = Ids()
        self.cursor = 0
        self.cursor_key: int | None = None
        self.remark = ""
        """What stands where there are no lines."""
        self._is_moved = False
        self._rows: Mapping[int, Row | None] = {}
        self._widths: list[tuple[Column, int]] = []
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(1024)
        self._asked: tuple[object, ...] = ()

    def reorder(self, keys: Keys) -> None:
        """Take new keys. The cursor stays with its key and, but at the top, on its line of the screen.

        At the top the first lines are always the ones to be seen, until someone moves the cursor away from there.
        """
        before = self.cursor
        self.keys = keys
        if self.cursor_key is not None:
            self.cursor = keys.find(self.cursor_key)
        self._set_cursor(self.cursor)
        self._set_length()
        if self.scroll_offset.y > 0:
            self.scroll_to(y=self.scroll_offset.y + self.cursor - before, animate=False)
        elif self._is_moved and before != self.cursor:
            self._show_cursor()
        self.refresh()
        self.ask()

    def feed(self, rows: Mapping[int, Row | None]) -> None:
        """Take rows in place of those that are held; None for a key whose row is gone. Paints what changed."""
        old, self._rows = self._rows, rows
        for index in self._visible():
            if old.get(self.keys[index]) != rows.get(self.keys[index]):
                self._refresh_index(index)
        self.ask()

    def ask(self) -> None:
        """Post `Want` where less than half a screen of rows is left above or below."""
        top, height = self.scroll_offset.y, self._height
        ends = max(0, top - height // 2), min(len(self.keys), top + height + height // 2) - 1
        if not len(self.keys) or all(self.keys[each] in self._rows for each in ends):
            return
        if (asked := (top, height, self.keys)) != self._asked:
            self._asked = asked
            self.post_message(self.Want(max(0, top - height), 3 * height))

    def action_move(self, lines: int) -> None:
        """Move the cursor by some lines."""
        self._go(self.cursor + lines)

    def action_turn(self, pages: int) -> None:
        """Move the cursor by some pages."""
        self._go(self.cursor + pages * max(1, self._height - 1))

    def action_jump(self, index: int) -> None:
        """Move the cursor to a line; negative ones count from the end."""
        self._go(index if index >= 0 else len(self.keys) + index)

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to where the mouse points."""
        if event.y >= _HEADING and (index := event.y - _HEADING + self.scroll_offset.y) < len(self.keys):
            self._go(index)
            if event.chain == 2:
                self.post_message(self.Chosen())

    def on_resize(self) -> None:
        """Divide the width anew."""
        self._widths = fit(self.columns, self.scrollable_content_region.width - 2 * _MARGIN)
        self._strips.clear()
        self._set_length()
        self.ask()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Rows may be missing where it was scrolled to."""
        super().watch_scroll_y(old_value, new_value)
        self.ask()

    def notify_style_update(self) -> None:
        """Forget what was painted in other styles."""
        super().notify_style_update()
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """Paint one line of the screen."""
        index = y - _HEADING + self.scroll_offset.y
        if y < _HEADING:
            return self._painted(Row({each.name: each.title for each in self.columns}), "heading")
        if index >= len(self.keys):
            remark = Segment(f" {self.remark}" if not index else "", self._style("remark"))
            return Strip([remark]).adjust_cell_length(self.size.width, self.rich_style)
        row = self._rows.get(self.keys[index])
        kind = "cursor" if index == self.cursor else "row" if row else "missing"
        return self._painted(row or Row({self.columns[0].name: str(self.keys[index])}), kind)

    def _painted(self, row: Row, kind: str) -> Strip:
        key = (tuple(row.cells.values()), row.tone, kind, self.size.width, self.has_class("-stale"))
        if (strip := self._strips.get(key)) is None:
            strip = self._strips[key] = Strip(self._segments(row, kind)).adjust_cell_length(
                self.size.width, self._style(kind)
            )
        return strip

    def _segments(self, row: Row, kind: str) -> list[Segment]:
        plain, toned = self._style(kind), self._style(kind, row.tone)
        parts = [
            Segment(cell(row.cells.get(column.name, ""), width, column.right), toned if column.toned else plain)
            for column, width in self._widths
        ]
        gap = Segment(" " * GAP, plain)
        return [Segment(" " * _MARGIN, plain), *(piece for part in parts for piece in (part, gap))]

    def _style(self, kind: str, tone: str = "") -> Style:
        style = self.rich_style
        if tone and not self.has_class("-stale"):
            style += self.get_component_rich_style(f"vtable--{tone}", partial=True)
        return style if kind == "row" else style + self.get_component_rich_style(f"vtable--{kind}", partial=True)

    def _go(self, index: int) -> None:
        if len(self.keys):
            self._refresh_index(self.cursor)
            self._set_cursor(index)
            self._refresh_index(self.cursor)
            self._is_moved = self.cursor > 0
            self._show_cursor()

    def _set_cursor(self, index: int) -> None:
        self.cursor = max(0, min(index, len(self.keys) - 1))
        self.cursor_key = self.keys[self.cursor] if len(self.keys) else None

    def _show_cursor(self) -> None:
        top, last = self.scroll_offset.y, self.scroll_offset.y + self._height - 1
        if not top <= self.cursor <= last:
            self.scroll_to(y=self.cursor if self.cursor < top else self.cursor - self._height + 1, animate=False)

    def _set_length(self) -> None:
        size = Size(self.scrollable_content_region.width, len(self.keys) + _HEADING)
        if size != self.virtual_size:
            self.virtual_size = size

    def _refresh_index(self, index: int) -> None:
        self.refresh_line(index + _HEADING)

    def _visible(self) -> range:
        return range(self.scroll_offset.y, min(self.scroll_offset.y + self._height, len(self.keys)))

    @property
    def _height(self) -> int:
        return max(1, self.scrollable_content_region.height - _HEADING)
