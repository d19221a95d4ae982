"""The line to a broker: its connections, its time, and what is heard of it."""

from __future__ import annotations

import os
import threading
import time
import weakref
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from . import config, queries
from .db.database import Database
from .errors import BrokerError

if TYPE_CHECKING:
    from .listener import Callback, Event, Listener

_OFFSET_LASTS: Final = 60.0  # seconds
_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # which goes on while the machine sleeps


def _steady() -> float:
    return time.clock_gettime(_CLOCK)


class Sleeper(Protocol):
    """What sleeps until there is work: a worker. `id` is its id in the broker."""

    @property
    def id(self) -> int: ...

    def wake_for_work(self) -> object:
        """Look for work now; called on the listener's thread."""


class Line:
    """One process's connections to a broker, opened when first used.

    Every method raises BrokerUnavailable where the server cannot be reached in time.
    """

    def __init__(self, url: str | None = None) -> None:
        self._open(config.broker_url(url))
        self._sleepers: weakref.WeakSet[Any] = weakref.WeakSet()
        _lines.add(self)

    def _open(self, url: str) -> None:
        self.database = Database(url)
        self._listener: Listener | None = None
        self._lock = threading.Lock()
        self._measured: tuple[float, datetime] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; the broker may be used again."""
        if listener := self._listener:
            self._listener = None
            listener.close()
        self.database.close()

    @property
    def listener(self) -> Listener:
        """What hears the broker's notifications; it begins with the first `bind`."""
        from .listener import Listener

        with self._lock:
            if self._listener is None:
                self._listener = Listener(self.database.source)
            return self._listener

    def to_url(self) -> str:
        """The URL under which another process finds this broker."""
        return self.database.source.address()

    def now(self) -> datetime:
        """The server's time, by this process's clock and the offset between them, measured once a minute at most."""
        if self._measured is None or _steady() - self._measured[0] > _OFFSET_LASTS:
            self._measure()
        assert self._measured
        return self._measured[1] + timedelta(seconds=_steady())

    def _measure(self) -> None:
        before = _steady()
        try:
            with self.database.connection() as conn:
                told = queries.tasks.now(conn)
        except BrokerError:
            if self._measured is None:
                raise
            self._measured = _steady(), self._measured[1]  # better than none
            return
        after = _steady()
        self._measured = after, told - timedelta(seconds=(before + after) / 2)

    def bind(self, topic: str, callback: Callback) -> None:
        """Call `callback(event)` on `task_status`, `task_status.running`, `task_status.<id>`, `output.<id>` or `work`.

        `task_run` is `task_status` without what is told of tasks that wait, such as new ones: it costs others less.
        Callbacks run on the listener's thread.
        """
        self.database.prepare()
        self.listener.bind(topic, callback)

    def unbind(self, topic: str, callback: Callback) -> None:
        """Undo one `bind`."""
        self.listener.unbind(topic, callback)

    def register_worker(self, worker: Sleeper) -> None:
        """Call `worker.wake_for_work()` when there is new work, or something is asked of it, as long as it lives."""
        self._sleepers.add(worker)
        if not self.listener.has("work", self._wake):
            self.bind("work", self._wake)

    def unregister_worker(self, worker: Sleeper) -> None:
        """Let a worker sleep."""
        self._sleepers.discard(worker)

    def _wake(self, event: Event) -> None:
        for worker in list(self._sleepers):
            if event.is_for(worker.id):
                worker.wake_for_work()


_lines: Final[weakref.WeakSet[Line]] = weakref.WeakSet()


def _begin_anew() -> None:
    """In a fork: threads are not there, and connections are the parent's, which must neither be used nor closed."""
    for line in list(_lines):
        line._open(line.database.source.url)


os.register_at_fork(after_in_child=_begin_anew)
