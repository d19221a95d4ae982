"""A worker's own connection to the broker: its row there, the lock that says it lives, and its turns.

Every call has a time limit on this side too. A call that finds the broker gone closes the connection and raises
BrokerUnavailable; `resume` comes back.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Concatenate, Final, ParamSpec, TypeVar

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from ..db.failures import WorkerGivenUp, translated
from ..db.migrate import found, known
from ..db.pooler import has_session
from ..db.source import Connection, Source
from ..db.watchdog import limited
from ..errors import BrokerUnavailable
from ..listener import Event, listen, read_notice
from ..queries import recording, registry, submission, work
from ..queries.submission import Change
from ..states import State
from .ledger import Owed
from .suspects import Suspects
from .sweep import sweep

P = ParamSpec("P")
T = TypeVar("T")
_log: Final = logging.getLogger("aque.worker")
_POOLED: Final = (
    "a pooler stands before the broker: work is looked for twice a second, and should this worker die, its tasks run"
    " again after 30 s; connected to the server itself it would hear at once, and they would after 2 s"
)
_LIMIT: Final = 8.0  # seconds for all that is done in one go
_STALLED: Final = "10s"  # after which the transaction of a worker that is frozen holds nobody up any more
_GRACE: Final = 30.0  # seconds until the tasks of a silent worker are given away
_PROMPT: Final = 0.25  # seconds within which an answer tells the server's time well enough
_SETTLED: Final = 3.0  # seconds that others have, after a restart of the server, to come back before they are judged


@dataclass(frozen=True, slots=True)
class Ask:
    """What a worker would take: cpus, memory in bytes, and how many tasks at most."""

    cpus: float
    memory: int
    limit: int


@dataclass(frozen=True, slots=True)
class Got:
    """What a turn brought: the tasks that were captured, and the changes to announce."""

    claimed: tuple[work.Captured, ...] = ()
    changes: tuple[Change, ...] = ()


class Session:
    """One worker, as the broker knows it."""

    def __init__(self, source: Source, info: registry.WorkerInfo) -> None:
        self._source = source
        self._info = info
        self._conn: Connection | None = None
        self._connected_at = 0.0
        self._is_held = False
        self._idle: bool | None = False
        self._suspects = Suspects()
        self._told: Callable[[Event], object] = lambda event: None
        self.worker = 0
        self.mark = ""
        self.epoch = datetime.min.replace(tzinfo=UTC)
        """The server's time at zero of the steady clock, as of the last heartbeat."""

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._conn is not None

    def fileno(self) -> int:
        """The descriptor on which the end of the connection shows."""
        assert self._conn
        return self._conn.fileno()

    @property
    def is_deaf(self) -> bool:
        """Whether nothing is told of work on this connection: a pooler stands before the broker."""
        return self._conn is not None and not has_session(self._conn)

    def bind(self, callback: Callable[[Event], object]) -> None:
        """Have it called with what others tell of work: while a statement runs, and when this is to `hear`."""
        self._told = callback

    def hear(self) -> bool:
        """Take in what was told, without waiting; False where the connection has ended."""
        if self._conn is None:
            return False
        driver = self._conn.pgconn
        try:
            driver.consume_input()
        except psycopg.OperationalError:
            return False
        while notice := driver.notifies():
            self._pass_on(psycopg.Notify(notice.relname.decode(), notice.extra.decode(), notice.be_pid))
        return True

    def open(self) -> None:
        """Connect, and register a new worker, with a mark of its own for what its tasks start."""
        self._connect()
        self.mark = secrets.token_hex(8)
        with self._talking() as conn:
            self.worker = registry.register(conn, replace(self._info, mark=self.mark))
            self._idle = False
            self._is_held = registry.hold(conn, self.worker)
            self._beat(conn)

    def is_outdated(self) -> bool:
        """Whether the broker's schema is newer than this program by now. Raises BrokerUnavailable."""
        self._connect()
        with self._talking() as conn:
            return found(conn).version > known().version

    def resume(self, leases: Iterable[int]) -> None:
        """Connect again as the same worker, whose runs are `leases`; what else the broker has it run is given back.

        Raises WorkerGivenUp where its runs were given away.
        """
        self._connect()
        self._idle = None  # what was said last may be lost
        with self._talking() as conn:
            self._is_held = registry.hold(conn, self.worker)
            self._beat(conn)
            work.release(conn, work.strays(conn, self.worker, leases))

    def leave(self) -> None:
        """Tell that the worker has ended, with nothing left to run."""
        with self._talking() as conn:
            registry.leave(conn, self.worker)
        self.close()

    def close(self) -> None:
        """Hang up; the worker counts as dead soon, unless it resumes."""
        if self._conn:
            self._conn.close()
            self._conn = None

    def beat(self, *, draining: bool, cpus_used: float, memory_used: int, load: float | None) -> bool:
        """Tell that the worker lives; whether it is to drain. Raises WorkerGivenUp."""
        with self._talking() as conn:
            self._is_held = self._is_held or registry.hold(conn, self.worker)
            return self._beat(conn, draining, cpus_used, memory_used, load)

    def bury(self) -> list[Change]:
        """Take over from workers that are dead."""
        is_settled = time.monotonic() - self._connected_at > _SETTLED
        with self._talking() as conn:
            suspects = registry.dead_workers(conn, _GRACE, settled=is_settled)
            dead = self._suspects.convict(each for each in suspects if each.id != self.worker)
            if not dead:
                return []
            with conn.transaction():
                changes = registry.forsake(conn, dead)
                # Before others can be given its tasks; but not of one that has come back meanwhile.
                sweep(registry.marks(conn, dead, self._info.hostname))
            return changes

    def turn(self, owed: Owed, ask: Ask | None) -> Got:
        """Store what is owed and capture what was asked for, in one transaction."""
        with self._talking() as conn:
            if not owed:  # a statement is a transaction by itself
                return Got(self._claim(conn, ask))
            if ask and owed.is_plain:
                changes, claimed = work.complete_and_claim(conn, owed.outcomes, self.worker, *astuple(ask))
                return Got(tuple(claimed), tuple(changes))
            with conn.transaction():
                changes = self._pay(conn, owed)
                return Got(self._claim(conn, ask), tuple(changes))

    def report(self, owed: Owed, untold: Iterable[Change]) -> None:
        """Store ends of runs alone, and tell everybody of them, after what is `untold`."""
        with self._talking() as conn:
            work.complete_and_tell(conn, owed.outcomes, untold)

    def set_idle(self, idle: bool) -> bool:
        """Say whether the worker wants to hear of new work; True where that is news to the broker."""
        if idle == self._idle:
            return False
        with self._talking() as conn:
            registry.set_idle(conn, self.worker, idle)
        self._idle = idle
        return True

    def announce(self, changes: Iterable[Change]) -> None:
        """Tell everybody what became of tasks, and idle workers that some may be ready."""
        told = list(changes)
        is_work_ready = any(change.state != State.RUNNING for change in told)
        with self._talking() as conn:
            (submission.announce_work if is_work_ready else submission.announce)(conn, told)

    def read(self, query: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Ask one of the functions of the query layer."""
        with self._talking() as conn:
            return query(conn, *args, **kwargs)

    def _connect(self) -> None:
        self.close()
        self._conn = self._source.connect()
        self._connected_at = time.monotonic()
        if not has_session(self._conn):
            _log.warning("%s", _POOLED)
            return
        with self._talking() as conn:
            conn.execute(sql.SQL("set idle_in_transaction_session_timeout = {}").format(_STALLED))
            conn.add_notify_handler(self._pass_on)
            listen(conn, "work")

    def _pass_on(self, notice: psycopg.Notify) -> None:
        """What this session told itself is no news."""
        event = read_notice(notice)
        if event and self._conn and notice.pid != self._conn.info.backend_pid:
            self._told(event)

    @contextmanager
    def _talking(self) -> Iterator[Connection]:
        if self._conn is None:
            raise BrokerUnavailable("the broker is not connected")
        try:
            with translated(), limited(self._conn, _LIMIT):
                yield self._conn
        except BaseException:
            if self._conn.closed or self._conn.info.transaction_status != TransactionStatus.IDLE:
                self.close()
            raise

    def _claim(self, conn: Connection, ask: Ask | None) -> tuple[work.Captured, ...]:
        return tuple(work.claim(conn, self.worker, *astuple(ask))) if ask else ()

    @staticmethod
    def _pay(conn: Connection, owed: Owed) -> list[Change]:
        recording.append(conn, owed.pieces)
        recording.leave_out(conn, owed.cuts)
        recording.progress(conn, owed.progress)
        changes = work.complete(conn, owed.outcomes)
        for why, runs in owed.interrupted().items():
            changes += work.interrupt(conn, runs, is_loss=why.is_loss, reason=why.reason)
        return changes + work.release(conn, owed.unrun)

    def _beat(
        self,
        conn: Connection,
        draining: bool = False,
        cpus_used: float = 0.0,
        memory_used: int = 0,
        load: float | None = None,
    ) -> bool:
        before = time.monotonic()
        heard = registry.beat(
            conn, self.worker, draining=draining, cpus_used=cpus_used, memory_used=memory_used, load=load
        )
        if heard is None:
            raise WorkerGivenUp("the broker has given this worker up for dead, and its tasks to others")
        after = time.monotonic()
        if after - before < _PROMPT or self.epoch.year == 1:
            self.epoch = heard.now - timedelta(seconds=(before + after) / 2)
        return heard.draining
