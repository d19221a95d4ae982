"""Lines that have a key each, and a cursor that belongs to a key, wherever its line moves."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView

from ..commands import Command, bindings
from ..keys import Ids, Keys

HEADING: Final = 1  # line, which does not scroll

MOVES: Final = (
    Command("move(-1)", "up,k", "Up", "One line up", "Move"),
    Command("move(1)", "down,j", "Down", "One line down", "Move"),
    Command("turn(-1)", "pageup,ctrl+b", "Page up", "One page up", "Move"),
    Command("turn(1)", "pagedown,ctrl+f", "Page down", "One page down", "Move"),
    Command("jump(0)", "home,g", "First", "To the first line", "Move"),
    Command("jump(-1)", "end,G", "Last", "To the last line", "Move"),
)


class Lines(ScrollView, can_focus=True):
    """Any number of lines under a heading, of which it knows the keys only; who paints them is a subclass."""

    commands: ClassVar[tuple[Command, ...]] = MOVES
    BINDINGS = bindings(MOVES)

    class Chosen(Message):
        """A line was clicked twice."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.keys: Keys = Ids()
        self.cursor = 0
        self.cursor_key: int | None = None
        self._wanted: int | None = None  # the key to come back to, though it is not there for a while
        self._is_held = False

    def reorder(self, keys: Keys) -> None:
        """Take new keys. The cursor stays with its key and, but at the top, on its line of the screen.

        Until someone moves or holds it, it stays at the top, whatever comes there.
        """
        before, is_same = self.cursor, keys is self.keys
        self.keys = keys
        self._set_cursor(keys.find(self._wanted, before) if self._is_held and self._wanted is not None else 0)
        self._set_length()
        if self.scroll_offset.y > 0:
            self.scroll_to(y=self.scroll_offset.y + self.cursor - before, animate=False)
        elif self._is_held and before != self.cursor:
            self._show_cursor()
        if not (is_same and self.cursor == before):
            self.refresh()

    def hold(self) -> None:
        """Keep the cursor with its key, also at the top."""
        self._is_held, self._wanted = True, self.cursor_key

    def seek(self, key: int) -> None:
        """Move the cursor to a key, or as soon as that is there."""
        self._is_held, self._wanted = True, key
        self.reorder(self.keys)

    def action_move(self, lines: int) -> None:
        """Move the cursor by some lines."""
        self.go(self.cursor + lines)

    def action_turn(self, pages: int) -> None:
        """Move the cursor by some pages."""
        self.go(self.cursor + pages * max(1, self.page - 1))

    def action_jump(self, index: int) -> None:
        """Move the cursor to a line; negative ones count from the end."""
        self.go(index if index >= 0 else len(self.keys) + index)

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to where the mouse points."""
        if event.y >= HEADING and (index := event.y - HEADING + self.scroll_offset.y) < len(self.keys):
            self.go(index)
            if event.chain == 2:
                self.post_message(self.Chosen())

    def on_resize(self) -> None:
        """The length depends on the width, for what scrolls sideways; the cursor stays in sight."""
        self._set_length()
        if self._is_held:
            self._show_cursor()

    @property
    def page(self) -> int:
        """How many lines can be seen."""
        return max(1, self.scrollable_content_region.height - HEADING)

    def refresh_index(self, index: int) -> None:
        """Paint a line anew."""
        self.refresh_line(index + HEADING)

    def go(self, index: int) -> None:
        """Move the cursor to a line, and hold it there; not at the top."""
        if len(self.keys):
            self.refresh_index(self.cursor)
            self._set_cursor(index)
            self._wanted = self.cursor_key
            self.refresh_index(self.cursor)
            self._is_held = self.cursor > 0
            self._show_cursor()

    def _set_cursor(self, index: int) -> None:
        self.cursor = max(0, min(index, len(self.keys) - 1))
        self.cursor_key = self.keys[self.cursor] if len(self.keys) else None

    def _show_cursor(self) -> None:
        top = self.scroll_offset.y
        if not top <= self.cursor < top + self.page:
            self.scroll_to(y=self.cursor if self.cursor < top else self.cursor - self.page + 1, animate=False)

    def _set_length(self) -> None:
        size = Size(self.scrollable_content_region.width, len(self.keys) + HEADING)
        if size != self.virtual_size:
            self.virtual_size = size
