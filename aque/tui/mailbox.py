"""Where a screen leaves its wish, and the thread that serves it finds it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from textual.message import Message

from .source import Source

PERIOD: Final = 0.5
"""Seconds between two looks, where nothing else is asked for; a notification after some rest is looked for at once."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a screen wants to see of a source: `count` rows from the key `anchor` on, or from the first.

    The anchor was last seen `near` an index. `frozen`: nothing new but those rows. `post` takes what was read.
    """

    source: Source[Any]
    post: Callable[[Message], object]
    count: int = 0
    anchor: int | None = None
    near: int = 0
    frozen: bool = False


class Mailbox:
    """One slot: the latest wish is the one that is served, each `period` of seconds, and at once when it is new."""

    def __init__(self, period: float = PERIOD) -> None:
        self._period = period
        self._changed = threading.Condition()
        self._wish: Wish | None = None
        self._is_new = self._is_anew = self._is_nudged = self._is_closed = False
        self.is_brief = False
        """Whether for the wish that was taken last it will do to read what is missing: the rest is not due yet."""
        self._looked_at = self._heeded_at = float("-inf")  # when a wish, and when a nudge was last served

    def put(self, wish: Wish, *, anew: bool = False) -> None:
        """Replace the wish; it is served at once, and read `anew` where something was done."""
        with self._changed:
            self._is_anew |= anew or self._wish is None or wish.source is not self._wish.source
            self._wish = wish
            self._is_new = True
            self._changed.notify()

    def nudge(self) -> None:
        """Something happened: the wish should be served again soon."""
        with self._changed:
            self._is_nudged = True
            self._changed.notify()

    def close(self) -> None:
        """Nothing more is to be served."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    def take(self) -> Wish | None:
        """The wish to serve now, as soon as there is reason to; None where the mailbox was closed."""
        with self._changed:
            self._changed.wait_for(self._is_due, self._rest())
            while self._wish is None and not self._is_closed:
                self._changed.wait()
            self._look(time.monotonic())
            return None if self._is_closed else self._wish

    def pause(self, seconds: float) -> None:
        """Wait, whatever is wished meanwhile, but not once it is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed, seconds)

    def _look(self, now: float) -> None:
        self.is_brief = self._is_new and not self._is_anew and now < self._looked_at + self._period
        if not self.is_brief:
            self._looked_at = now
            self._heeded_at = now if self._is_nudged else self._heeded_at
            self._is_anew = self._is_nudged = False
        self._is_new = False

    def _rest(self) -> float | None:
        if self._wish is None or self._wish.frozen:
            return None
        return max(0.0, self._looked_at + self._period - time.monotonic())

    def _is_due(self) -> bool:
        is_heard = self._is_nudged and time.monotonic() >= self._heeded_at + self._period
        return self._is_closed or self._is_new or (is_heard and not (self._wish is None or self._wish.frozen))
