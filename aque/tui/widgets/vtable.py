"""A table of any length that holds the rows of some three screens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.cache import LRUCache
from textual.message import Message
from textual.strip import Strip

from ..keys import Keys
from .column import GAP, Column, Row, cell, fit
from .lines import HEADING, Lines

_MARGIN: Final = 1  # cells at each side


class VTable(Lines):
    """Rows by key. `reorder` gives the keys of all lines, `feed` the rows of some.

    Where rows are missing, or soon will be, the table posts `Want`. It knows nothing of where they come from.
    """

    COMPONENT_CLASSES = {"vtable--heading", "vtable--cursor", "vtable--missing", "vtable--remark", "vtable--mark"}

    class Sorted(Message):
        """The heading of a column that sorts was clicked: the name of its field."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class Want(Message):
        """Rows are wanted: `count` of them from the line of a key on, at the index `near`; None is the first line."""

        def __init__(self, key: int | None, near: int, count: int) -> None:
            super().__init__()
            self.key = key
            self.near = near
            self.count = count

        def can_replace(self, message: Message) -> bool:
            """The latest wish is the one that counts."""
            return isinstance(message, VTable.Want)

    def __init__(self, columns: Sequence[Column], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.columns = columns
        self.sorted_by: tuple[str, bool] = ("", False)
        """The field that the lines are in the order of, and whether it descends."""
        self.remark = ""
        """What stands where there are no lines."""
        self._rows: Mapping[int, Row | None] = {}
        self._widths: list[tuple[Column, int]] = []
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(1024)
        self._styles: dict[tuple[str, str, bool], Style] = {}
        self._asked: tuple[object, ...] = ()

    def reorder(self, keys: Keys) -> None:
        """Take new keys, and ask for the rows that are missing."""
        super().reorder(keys)
        self._ask()

    def feed(self, rows: Mapping[int, Row | None]) -> None:
        """Take rows in place of those that are held; None for a key whose row is gone. Paints what changed."""
        old, self._rows = self._rows, rows
        top = self.scroll_offset.y
        for index in range(top, min(top + self.page, len(self.keys))):
            if old.get(self.keys[index]) != rows.get(self.keys[index]):
                self.refresh_index(index)
        self._ask()

    def show_columns(self, columns: Sequence[Column], sorted_by: tuple[str, bool]) -> None:
        """Show other columns, or another order."""
        if (tuple(columns), sorted_by) != (tuple(self.columns), self.sorted_by):
            self.columns, self.sorted_by = columns, sorted_by
            self.on_resize()
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """A click on a heading asks for its order."""
        if event.y < HEADING and (found := self._column_at(event.x)) and found.sort:
            self.post_message(self.Sorted(found.sort))

    def _column_at(self, x: int) -> Column | None:
        place = _MARGIN
        for column, width in self._widths:
            place += width + GAP
            if x < place:
                return column
        return None

    def on_resize(self) -> None:
        """Divide the width anew."""
        self._widths = fit(self.columns, self.scrollable_content_region.width - 2 * _MARGIN)
        self._strips.clear()
        self._ask()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Rows may be missing where it was scrolled to."""
        super().watch_scroll_y(old_value, new_value)
        self._ask()

    def notify_style_update(self) -> None:
        """Forget what was painted in other styles."""
        super().notify_style_update()
        self._strips.clear()
        self._styles.clear()

    def render_line(self, y: int) -> Strip:
        """Paint one line of the screen."""
        index = y - HEADING + self.scroll_offset.y
        if y < HEADING:
            return self._painted(Row({each.name: self._title(each) for each in self.columns}), "heading")
        if index >= len(self.keys):
            remark = Segment(f" {self.remark}" if not index else "", self._style("remark"))
            return Strip([remark]).adjust_cell_length(self.size.width, self.rich_style)
        row = self._rows.get(self.keys[index])
        kind = "cursor" if index == self.cursor else "row" if row else "missing"
        return self._painted(row or Row({self.columns[0].name: self.placeholder(self.keys[index])}), kind)

    def _title(self, column: Column) -> str:
        name, descends = self.sorted_by
        return f"{column.title}{'▾' if descends else '▴'}" if name and column.sort == name else column.title

    def placeholder(self, key: int) -> str:
        """What stands in the first column while a row is not there."""
        return str(key) if key >= 0 else "…"

    def _ask(self) -> None:
        top, page = self.scroll_offset.y, self.page
        if not len(self.keys) or self._has(max(0, top - page // 2), top + page + page // 2):
            return
        if (asked := (top, page, self.keys)) != self._asked:
            self._asked = asked
            first = max(0, top - page)
            want = self.Want(self.keys[first] if first else None, first, 3 * page)
            # what is there is painted before anything else is read: reading takes time from the painting
            (self.call_after_refresh if self._has(top, top + page) else self.call_next)(self.post_message, want)

    def _has(self, start: int, stop: int) -> bool:
        return all(self.keys[each] in self._rows for each in (start, min(len(self.keys), stop) - 1))

    def _painted(self, row: Row, kind: str) -> Strip:
        key = (tuple(row.cells.values()), row.tone, row.marked, kind, self.has_class("-stale"))
        if (strip := self._strips.get(key)) is None:
            strip = Strip(self._segments(row, kind)).adjust_cell_length(self.size.width, self._style(kind))
            self._strips[key] = strip
        return strip

    def _segments(self, row: Row, kind: str) -> list[Segment]:
        """As few as there may be: each is dear to paint."""
        plain = self._style(kind)
        found = [Segment("●", self._style(kind, "mark"))] if row.marked else []
        text = "" if row.marked else " " * _MARGIN
        for column, width in self._widths:
            told = cell(row.cells.get(column.name, ""), width, column.right)
            if column.toned:
                found += (Segment(text, plain), Segment(told, self._style(kind, row.tone)))
                text = " " * GAP
            else:
                text += told + " " * GAP
        return [*found, Segment(text, plain)]

    def _style(self, kind: str, tone: str = "") -> Style:
        key = kind, tone, self.has_class("-stale")
        if (style := self._styles.get(key)) is None:
            style = self._styles[key] = self._styled(*key)
        return style

    def _styled(self, kind: str, tone: str, is_stale: bool) -> Style:
        style = self.rich_style
        if tone and not is_stale:
            style += self.get_component_rich_style(f"vtable--{tone}", partial=True)
        return style if kind == "row" else style + self.get_component_rich_style(f"vtable--{kind}", partial=True)
