"""The broker: where tasks are stored, and how everybody hears of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from . import config
from .db.database import Database
from .errors import TaskNotFound
from .graph import Node
from .listener import Callback, Listener
from .queries import batches, submission
from .queries import tasks as seen
from .queries.submission import Change
from .submit import Submission

_CHUNK: Final = 2000  # tasks to a statement


class Broker:
    """One broker, as this process sees it. Its methods may be called from any thread.

    Every method raises BrokerUnavailable where the server cannot be reached in time.
    """

    def __init__(self, url: str | None = None) -> None:
        self.database = Database(config.broker_url(url))
        self._environs: dict[frozenset[tuple[str, str]], int] = {}

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
        return self.database.source.url

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

    def next_ids(self, count: int) -> list[int]:
        """Ids for new tasks."""
        with self.database.connection() as conn:
            return submission.next_ids(conn, count)

    def submit(self, nodes: Sequence[Node], ids: Sequence[int], defaults: Mapping[str, Any]) -> list[Change]:
        """Store nodes of a graph, all or none, and wake who sleeps.

        Raises UsageError, PatternMissingError, EncodeError or DependencyResolutionError; nothing is stored then.
        """
        batch = Submission(nodes, ids, defaults, self._inheritance)
        rows = [{**row, "environ_id": self._environ_id(environ)} for row, environ in batch.rows()]
        edges = batch.edges()
        with self.database.transaction() as conn:
            changed = [
                change
                for start in range(0, len(rows), _CHUNK)
                for part in [rows[start : start + _CHUNK]]
                for change in submission.submit(conn, part, [e for row in part for e in edges.get(row["id"], ())])
            ]
        self.announce(changed)
        return changed

    def announce(self, changed: Sequence[Change]) -> None:
        """Tell all who listen, and wake idle workers."""
        with self.database.connection() as conn:
            submission.announce(conn, changed)
            submission.wake(conn)

    def kill(self, ids: Sequence[int], signal: int = 15, grace: float | None = 5.0) -> list[seen.Killed]:
        """Cancel tasks that wait, and stop those that run: by `signal`, and SIGKILL after `grace` seconds.

        Raises TaskNotFound, and touches none then.
        """
        with self.database.transaction() as conn:
            self._require(seen.missing(conn, ids))
            done = seen.kill(conn, ids, signal, grace)
        with self.database.connection() as conn:
            submission.request(conn, [each.worker for each in done if each.worker is not None])
            submission.announce(conn, [Change(each.id, each.state) for each in done if each.worker is None])
        return done

    def withdraw(self, ids: Sequence[int]) -> list[Change]:
        """Cancel those of the tasks that have not begun, and leave alone those that run."""
        with self.database.transaction() as conn:
            changed = batches.withdraw(conn, ids)
        self.announce(changed)
        return changed

    def seal(self, group: int) -> None:
        """Let a group that was submitted with `hold`, so that children could be added, end with its children."""
        with self.database.connection() as conn:
            batches.seal(conn, group)
            submission.wake(conn)

    def outputs(self, ids: Sequence[int], after: batches.Place) -> list[batches.PlacedPiece]:
        """The next pieces of the output of tasks, in the order of their ids."""
        with self.database.connection() as conn:
            return batches.outputs(conn, ids, after)

    def tasks(self, ids: Sequence[int] | None = None, limit: int = 1000) -> list[seen.TaskRow]:
        """Tasks by id, or the latest. Raises TaskNotFound for an id that no task has."""
        with self.database.connection() as conn:
            found = seen.rows(conn, ids, limit if ids is None else len(ids))
        self._require(sorted(set(ids or ()) - {row.id for row in found}))
        return found

    def outcomes(self, ids: Sequence[int]) -> list[seen.Ending]:
        """How those of the tasks ended that are complete."""
        with self.database.connection() as conn:
            return seen.outcomes(conn, ids)

    def output(self, task: int, since: int = 0) -> list[seen.OutputPiece]:
        """The next pieces of the output of a task's last attempt, from piece number `since` on."""
        with self.database.connection() as conn:
            return seen.output(conn, task, since)

    def workers(self) -> list[seen.WorkerRow]:
        """The workers that live."""
        with self.database.connection() as conn:
            return seen.workers(conn)

    def _inheritance(self, parent: int) -> dict[str, Any]:
        with self.database.connection() as conn:
            return submission.inheritance(conn, parent)

    def _environ_id(self, environ: Mapping[str, str]) -> int:
        key = frozenset(environ.items())
        if key not in self._environs:
            with self.database.connection() as conn:
                self._environs[key] = submission.keep_environ(conn, environ)
        return self._environs[key]

    @staticmethod
    def _require(missing: Sequence[int]) -> None:
        if missing:
            raise TaskNotFound(f"no such task: {', '.join(map(str, missing))}")


_brokers: dict[str, Broker] = {}
_lock: Final = threading.Lock()


def get_broker(url: str | None = None) -> Broker:
    """This process's broker of a URL: as given, else `$AQUE_BROKER`, else the embedded one."""
    url = config.broker_url(url)
    with _lock:
        return _brokers.setdefault(url, Broker(url))
