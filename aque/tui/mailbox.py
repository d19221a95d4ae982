"""Where a screen leaves its wish, and the thread that serves it finds it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

_TICK: Final = 1.0  # seconds between two looks of their own accord
_GAP: Final = 0.2  # seconds at least between a look and one because of a notification


@dataclass(frozen=True, slots=True)
class Wish:
    """What a screen wants to see: `count` rows from the task `anchor` on, or from the first.

    `frozen`: nothing new but those rows.
    """

    count: int = 0
    anchor: int | None = None
    newest_first: bool = True
    frozen: bool = False


class Mailbox:
    """One slot: the latest wish is the one that is served."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._wish = Wish()
        self._is_new = self._is_nudged = self._is_closed = False

    def put(self, wish: Wish) -> None:
        """Replace the wish; it is served at once."""
        with self._changed:
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
            self._changed.wait_for(lambda: self._is_closed or self._is_new, _GAP)
            self._changed.wait_for(self._is_due, None if self._wish.frozen else _TICK - _GAP)
            self._is_new = self._is_nudged = False
            return None if self._is_closed else self._wish

    def pause(self, seconds: float) -> None:
        """Wait, whatever is wished meanwhile, but not once it is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed, seconds)

    def _is_due(self) -> bool:
        return self._is_closed or self._is_new or (self._is_nudged and not self._wish.frozen)
