"""A view of which more is to be had at both ends, and that goes on to show its end to who looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView

_NEAR: Final = 2  # pages from an end of what is held, from where on more is wanted


class Sticky(ScrollView, can_focus=True, inherit_bindings=False):
    """Knows where it was scrolled to, and by whom; what it shows is for a subclass."""

    class Edge(Message):
        """It was scrolled near to an end of what is held."""

        def __init__(self, is_last: bool) -> None:
            super().__init__()
            self.is_last = is_last

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.sticks = True
        """To the last row, whatever becomes of the height."""
        self._is_moved = False  # who scrolls now is the program

    @property
    def is_at_end(self) -> bool:
        """Whether the last row is seen."""
        return self.scroll_offset.y >= self.max_scroll_y

    @property
    def is_short(self) -> bool:
        """Whether there are so few rows that nobody could scroll to where more is wanted."""
        return self.virtual_size.height < (_NEAR + 1) * max(1, self.size.height)

    def go(self, is_end: bool) -> None:
        """Show the last rows, or the first ones: more is not wanted because of it."""
        self.move(int(self.max_scroll_y) if is_end else 0)
        self.sticks |= is_end

    def move(self, row: int) -> None:
        """Have a row at the top: more is not wanted because of it."""
        with self._moving():
            self.scroll_to(y=row, animate=False, immediate=True, force=True)
        self.sticks = self.is_at_end

    def measure(self, size: Size) -> None:
        """There are so many rows, and cells to the longest."""
        with self._moving():
            self.virtual_size = size

    @contextmanager
    def _moving(self) -> Iterator[None]:
        self._is_moved = True
        try:
            yield
        finally:
            self._is_moved = False

    def on_mount(self) -> None:
        """A bar for wide lines takes a row, and comes when it has been scrolled already."""
        self.watch(self, "show_horizontal_scrollbar", self._stay, init=False)

    def _stay(self) -> None:
        if self.sticks:
            self.go(True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """More may be wanted where it was scrolled to."""
        super().watch_scroll_y(old_value, new_value)
        near = _NEAR * max(1, self.size.height)
        if old_value != new_value and not self._is_moved:
            self.sticks = self.is_at_end
            if new_value < old_value and new_value < near:
                self.post_message(self.Edge(False))
            elif new_value > old_value and new_value > self.max_scroll_y - near:
                self.post_message(self.Edge(True))
