"""What a worker tells the broker and hears of it: its row there, the lock that says it lives, and its turns.

A call that finds the broker gone raises BrokerUnavailable; `resume` comes back.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Concatenate, Final, NamedTuple, ParamSpec, TypeVar

from ..db.failures import WorkerGivenUp
from ..db.migrate import found, known
from ..db.source import Connection, Source
from ..queries import recording, registry, submission, work
from ..queries.submission import ANY, Change, Ready
from .ledger import Owed
from .suspects import Suspects
from .sweep import sweep
from .wire import Wire

P = ParamSpec("P")
T = TypeVar("T")
_GRACE: Final = 30.0  # seconds until the tasks of a silent worker are given away
_PROMPT: Final = 0.25  # seconds within which an answer tells the server's time well enough
_SETTLED: Final = 3.0  # seconds that others have, after a restart of the server, to come back before they are judged


class Ask(NamedTuple):
    """What a worker would take: cpus, memory in bytes, and how many tasks at most."""

    cpus: float
    memory: int
    limit: int


@dataclass(frozen=True, slots=True)
class Got:
    """What a turn brought: the tasks that were captured, and what to announce: changes, and what may be run now."""

    claimed: tuple[work.Captured, ...] = ()
    changes: tuple[Change, ...] = ()
    ready: Ready = frozenset()


class Session:
    """One worker, as the broker knows it."""

    def __init__(self, source: Source, info: registry.WorkerInfo) -> None:
        self.wire = Wire(source)
        self._info = info
        self._is_held = False
        self._idle: bool | None = False
        self._suspects = Suspects()
        self.worker = 0
        self.mark = ""
        self.epoch = 0.0
        """The server's time at zero of the steady clock, in seconds since 1970, as of the last heartbeat."""

    def open(self) -> None:
        """Connect, and register a new worker, with a mark of its own for what its tasks start."""
        self.wire.connect()
        self.mark = secrets.token_hex(8)
        with self.wire.talking() as conn:
            self.worker = registry.register(conn, replace(self._info, mark=self.mark))
            self._idle = False
            self._is_held = registry.hold(conn, self.worker)
            self._beat(conn)

    def is_outdated(self) -> bool:
        """Whether the broker's schema is newer than this program by now. Raises BrokerUnavailable."""
        self.wire.connect()
        with self.wire.talking() as conn:
            return found(conn).version > known().version

    def resume(self, leases: Iterable[int]) -> list[Change]:
        """Connect again as the same worker, whose runs are `leases`; what else the broker has it run is given back.

        Returns what became of that. Raises WorkerGivenUp where its runs were given away.
        """
        self.wire.connect()
        self._idle = None  # what was said last may be lost
        with self.wire.talking() as conn:
            self._is_held = registry.hold(conn, self.worker)
            self._beat(conn)
            return work.release(conn, work.strays(conn, self.worker, leases))

    def leave(self) -> None:
        """Tell that the worker has ended, with nothing left to run."""
        with self.wire.talking() as conn:
            registry.leave(conn, self.worker)
        self.wire.close()

    def beat(self, *, draining: bool, cpus_used: float, memory_used: int, load: float | None) -> bool:
        """Tell that the worker lives; whether it is to drain. Raises WorkerGivenUp."""
        with self.wire.talking() as conn:
            self._is_held = self._is_held or registry.hold(conn, self.worker)
            return self._beat(conn, draining, cpus_used, memory_used, load)

    def bury(self) -> list[Change]:
        """Take over from workers that are dead."""
        is_settled = time.monotonic() - self.wire.since > _SETTLED
        with self.wire.talking() as conn:
            suspects = registry.dead_workers(conn, _GRACE, settled=is_settled)
            dead = self._suspects.convict(each for each in suspects if each.id != self.worker)
            if not dead:
                return []
            with conn.transaction():
                changes = registry.forsake(conn, dead)
                # Before others can be given its tasks; but not of one that has come back meanwhile.
                sweep(registry.marks(conn, dead, self._info.hostname))
            return changes

    def turn(self, owed: Owed, ask: Ask | None, meanwhile: Callable[[int], object] = id) -> Got:
        """Store what is owed and capture what was asked for, in one transaction.

        `meanwhile` may be called till the broker answers on a descriptor: only where all that is owed are ends of runs,
        which nothing can change any more.
        """
        with self.wire.talking() as conn:
            if not owed:  # a statement is a transaction by itself
                return Got(self._claim(conn, ask))
            if ask and owed.is_plain:
                ended, claimed = work.complete_and_claim(conn, owed.outcomes, self.worker, *ask, meanwhile)
                return Got(tuple(claimed), tuple(ended.changes), ended.ready)
            with conn.transaction():
                ended = self._pay(conn, owed)
                return Got(self._claim(conn, ask), tuple(ended.changes), ended.ready)

    def report(self, owed: Owed, untold: Iterable[Change]) -> Ready:
        """Store ends of runs alone, and tell everybody of them, after what is `untold`; returns what may be run now."""
        with self.wire.talking() as conn:
            return work.complete_and_tell(conn, owed.outcomes, untold)

    def set_idle(self, idle: bool) -> bool:
        """Say whether the worker wants to hear of new work; True where that is news to the broker."""
        if idle == self._idle:
            return False
        with self.wire.talking() as conn:
            registry.set_idle(conn, self.worker, idle)
        self._idle = idle
        return True

    def announce(self, changes: Iterable[Change], ready: Ready) -> None:
        """Tell everybody what became of tasks, and idle workers what may be run now."""
        with self.wire.talking() as conn:
            submission.announce(conn, changes, ready)

    def read(self, query: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Ask one of the functions of the query layer."""
        with self.wire.talking() as conn:
            return query(conn, *args, **kwargs)

    def _claim(self, conn: Connection, ask: Ask | None) -> tuple[work.Captured, ...]:
        return tuple(work.claim(conn, self.worker, *ask)) if ask else ()

    @staticmethod
    def _pay(conn: Connection, owed: Owed) -> work.Ended:
        recording.append(conn, owed.pieces)
        recording.leave_out(conn, owed.cuts)
        recording.progress(conn, owed.progress)
        ended = work.complete(conn, owed.outcomes)
        back = work.release(conn, owed.unrun)
        for why, runs in owed.interrupted().items():
            back += work.interrupt(conn, runs, is_loss=why.is_loss, reason=why.reason)
        return work.Ended(ended.changes + back, ended.ready | ANY if back else ended.ready)

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
        if after - before < _PROMPT or not self.epoch:
            self.epoch = heard.now.timestamp() - (before + after) / 2
        return heard.draining
