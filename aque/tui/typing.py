"""Keys, one after the other: one that is typed before the last one was done with waits for its turn.

Textual sends each key to what has the focus when it comes, though the key before may be about to move the focus.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.screen import Screen

_PATIENCE: Final = 0.5  # seconds for a key that somebody has swallowed


class InOrder(App[None]):
    """An app whose keys go where those before them have led."""

    def __init__(self) -> None:
        super().__init__()
        self._typed: deque[events.Key] = deque()
        self._turn = 0  # of the key that is being done, counted
        self._is_typing = False

    async def on_event(self, event: events.Event) -> None:
        """Have keys wait for each other."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        self._typed.append(event)
        if not self._is_typing:
            await self._type()

    async def _type(self) -> None:
        if not self._typed:
            return
        self._is_typing, self._turn = True, self._turn + 1
        turn, screen, target = self._turn, self.screen, self.focused or self.screen
        self.set_timer(_PATIENCE, lambda: self._end(turn))
        await super().on_event(self._typed.popleft())
        self._follow(target, lambda: self._settle(turn, screen))

    def _follow(self, pump: MessagePump | None, then: Callable[[], Any]) -> None:
        """Go the way of a key, behind it: from what had the focus up to the app."""
        while pump is not None:
            above, here = pump._parent, pump
            follow = then if here is self else lambda: self._follow(above, then)  # noqa: B023
            if here.call_later(follow):
                return
            pump = above

    async def _settle(self, turn: int, before: Screen[Any]) -> None:
        """A screen that the key has opened is to be there for the next one."""
        opened = self.screen
        if opened is before or not opened.call_later(lambda: self.call_later(self._end, turn)):
            await self._end(turn)

    async def _end(self, turn: int) -> None:
        if self._is_typing and turn == self._turn:
            self._is_typing = False
            await self._type()
