"""The broker: where tasks are stored, and how everybody hears of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from math import inf
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from . import config
from .db.database import Database
from .db.source import Connection
from .errors import TaskNotFound
from .intake import Expect, Intake
from .listener import Callback, Listener
from .queries import kill as killing
from .queries import listing, submission
from .queries import output as written
from .queries import tasks as seen
from .queries.submission import Change
from .rows import TaskRow
from .runner.gentle import GENTLE
from .selection import Selection

P = ParamSpec("P")
T = TypeVar("T")
_GRACE: Final = 5.0  # seconds from a signal that ends tasks to SIGKILL


class Broker:
    """One broker, as this process sees it. Its methods may be called from any thread.

    Every method raises BrokerUnavailable where the server cannot be reached in time.
    """

    def __init__(self, url: str | None = None) -> None:
        self.database = Database(config.broker_url(url))

    def __enter__(self) -> Broker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; the broker may be used again."""
        if "listener" in self.__dict__:
            self.listener.close()
            del self.__dict__["listener"]
        self.database.close()

    @cached_property
    def listener(self) -> Listener:
        return Listener(self.database.source)

    def to_url(self) -> str:
        """The URL under which another process finds this broker."""
        return self.database.source.address()

    def now(self) -> datetime:
        """The server's time, by this process's steady clock and the offset between them, measured once."""
        return self._epoch + timedelta(seconds=time.monotonic())

    @cached_property
    def _epoch(self) -> datetime:
        before = time.monotonic()
        with self.database.connection() as conn:
            told = seen.now(conn)
        return told - timedelta(seconds=(before + time.monotonic()) / 2)

    def bind(self, topic: str, callback: Callback) -> None:
        """Call `callback(event)` on `task_status`, `task_status.running`, `task_status.<id>` and the like."""
        self.database.prepare()
        self.listener.bind(topic, callback)

    def unbind(self, topic: str, callback: Callback) -> None:
        """Undo one `bind`."""
        self.listener.unbind(topic, callback)

    def submit(
        self,
        prototypes: Iterable[Mapping[str, Any]],
        defaults: Mapping[str, Any],
        expect: Expect = lambda ids: None,
    ) -> Sequence[int]:
        """Store prototypes with all that they depend on, all or none, and wake who sleeps; returns their ids.

        `expect` hears the ids before anybody can see the tasks. An iterable of any length is never held as a whole.
        Raises UsageError, PatternMissingError, EncodeError or DependencyResolutionError; nothing is stored then.
        """
        intake = Intake(self.database, defaults, expect)
        intake.take(prototypes)
        return intake.asked

    def read(self, query: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function of the query layer with a connection."""
        with self.database.connection() as conn:
            return query(conn, *args, **kwargs)

    def kill(self, ids: Sequence[int], signal: int = 15, grace: float | None = None) -> list[killing.Killed]:
        """Cancel tasks that wait, and stop those that run: by `signal`, and SIGKILL after `grace` seconds.

        By default these are 5; `math.inf` is never. A signal that is not meant to end a task, such as SIGSTOP, goes to
        those that run alone, and no SIGKILL follows, unless a `grace` is given.
        Returns all of them, as they were and are, and those that ended because of them.
        Raises TaskNotFound, and touches none then.
        """
        with self.database.transaction() as conn:
            self._require(seen.missing(conn, ids))
            done = killing.kill(conn, ids, signal, _until_kill(signal, grace), ends=ends(signal, grace))
        with self.database.connection() as conn:
            submission.request(conn, [each.worker for each in done if each.worker is not None])
            ended = [each for each in done if each.worker is None and each.touched]
            submission.announce(conn, [Change(each.id, each.state) for each in ended])
        return done

    def require(self, ids: Sequence[int]) -> None:
        """Raise TaskNotFound for ids that no task has."""
        self._require(self.read(seen.missing, ids))

    def tasks(self, ids: Sequence[int] | None = None, limit: int = 1000) -> list[TaskRow]:
        """Tasks by id, or the latest; View has more. Raises TaskNotFound for an id that no task has."""
        with self.database.connection() as conn:
            found = listing.page(conn, Selection.of(ids), self.now(), limit=limit if ids is None else None)
        self._require(sorted(set(ids or ()) - {row.id for row in found}))
        return found

    def outcomes(self, ids: Sequence[int]) -> list[seen.Ending]:
        """How those of the tasks ended that are complete."""
        with self.database.connection() as conn:
            return seen.outcomes(conn, ids)

    def output(self, task: int, since: int = 0) -> list[written.OutputPiece]:
        """The next pieces of the output of a task's last attempt, from piece number `since` on."""
        return self.read(written.pieces, {task: written.Place(None, since)})

    def workers(self) -> list[seen.WorkerRow]:
        """The workers that live."""
        with self.database.connection() as conn:
            return seen.workers(conn)

    @staticmethod
    def _require(missing: Sequence[int]) -> None:
        if missing:
            raise TaskNotFound(f"no such task: {', '.join(map(str, missing))}")


def ends(signal: int, grace: float | None) -> bool:
    """Whether a signal is meant to end a task, or will be followed by one that does."""
    return grace is not None or signal not in GENTLE


def _until_kill(signal: int, grace: float | None) -> float | None:
    """Seconds from a signal to SIGKILL; None: never."""
    seconds = _GRACE if grace is None and ends(signal, grace) else grace
    return None if seconds == inf else seconds


_brokers: dict[str, Broker] = {}
_lock: Final = threading.Lock()


def get_broker(url: str | None = None) -> Broker:
    """This process's broker of a URL: as given, else `$AQUE_BROKER`, else the embedded one."""
    url = config.broker_url(url)
    with _lock:
        return _brokers.setdefault(url, Broker(url))
