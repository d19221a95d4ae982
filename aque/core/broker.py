"""The broker: where tasks are stored, and how everybody hears of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar

from . import config, queries, tracing
from .db.failures import stubbornly
from .db.source import Connection
from .errors import TaskNotFound
from .line import Line, Sleeper
from .queries import submission
from .queries.submission import Change
from .runner.gentle import GENTLE
from .selection import Selection
from .states import State

if TYPE_CHECKING:
    from .audit import Record, Step
    from .intake import Expect
    from .rows import TaskRow

P = ParamSpec("P")
T = TypeVar("T")
_GRACE: Final = 5.0  # seconds from a signal that ends tasks to SIGKILL


class Broker(Line):
    """One broker, as this process sees it. Its methods may be called from any thread.

    Every method raises BrokerUnavailable where the server cannot be reached in time.
    """

    def submit(
        self,
        prototypes: Iterable[Mapping[str, Any]],
        defaults: Mapping[str, Any],
        expect: Expect = lambda ids: None,
    ) -> Sequence[int]:
        """Store prototypes with all that they depend on, all or none, and wake who sleeps; returns their ids.

        `expect` hears the ids before anybody can see the tasks, or at once when they are stored. An iterable of any
        length is never held as a whole.
        Raises UsageError, PatternMissingError, EncodeError or DependencyResolutionError; nothing is stored then.
        """
        from .intake import Intake

        with tracing.submission(str(defaults.get("queue") or "default")) as told:
            intake = Intake(self.database, defaults, expect, told.context)
            intake.take(prototypes)
            told.ids = intake.asked
        return intake.asked

    def read(self, query: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function of the query layer with a connection."""
        with self.database.connection() as conn:
            return query(conn, *args, **kwargs)

    def kill(
        self, ids: Sequence[int], signal: int = 15, grace: float | None = None, *, only_waiting: bool = False
    ) -> list[queries.kill.Killed]:
        """Cancel tasks that wait, and stop those that run: by `signal`, and SIGKILL after `grace` seconds.

        By default these are 5; `math.inf` is never. A signal that is not meant to end a task, such as SIGSTOP, goes to
        those that run alone, and no SIGKILL follows, unless a `grace` is given.
        `only_waiting` leaves out those that are not waiting by then.
        Returns all of them, as they were and are, and those that ended because of them.
        Raises TaskNotFound or PermissionDenied, and touches none then.
        """
        from .deeds import BATCH, parts, record
        from .queries.steering import guard

        self.require(ids)
        self.read(guard, ids)
        entry = record("kill", Selection.of(ids), signal=signal, ends=ends(signal, grace))
        done: dict[int, queries.kill.Killed] = {}
        # the last first: so most are stopped themselves, before they fall with what they need
        for part in parts(sorted(set(ids), reverse=True), BATCH):
            found = stubbornly(partial(self._kill, part, signal, grace, only_waiting, entry))
            self._tell_of_kill(found)
            done.update((each.id, each) for each in found if each.touched or each.id not in done)
        return list(done.values())

    def _kill(
        self, part: Sequence[int], signal: int, grace: float | None, only_waiting: bool, entry: Record
    ) -> list[queries.kill.Killed]:
        with self.database.transaction() as conn:
            targets = queries.kill.waiting(conn, part) if only_waiting else part
            found = queries.kill.kill(conn, targets, signal, _until_kill(signal, grace), ends=ends(signal, grace))
            entry.enter(conn, _steps(found))
        return found

    def _tell_of_kill(self, done: Sequence[queries.kill.Killed]) -> None:
        with self.database.connection() as conn:
            submission.request(conn, [each.worker for each in done if each.worker is not None])
            ended = [each for each in done if each.worker is None and each.touched]
            if ended:
                submission.announce(conn, [Change(each.id, each.state) for each in ended], submission.ANY)

    def withdraw(self, ids: Sequence[int]) -> list[Change]:
        """Cancel those of the tasks that have not begun, and leave alone those that run."""
        with self.database.transaction() as conn:
            changed = queries.batches.withdraw(conn, ids)
        with self.database.connection() as conn:
            submission.announce(conn, changed, submission.ANY)
        return changed

    def seal(self, group: int) -> None:
        """Let a group that was submitted with `hold`, so that children could be added, end with its children."""
        with self.database.connection() as conn:
            queries.batches.seal(conn, group)
            submission.wake(conn)

    def outputs(self, ids: Sequence[int], after: queries.batches.Place) -> list[queries.batches.PlacedPiece]:
        """The next pieces of the output of tasks, in the order of their ids."""
        with self.database.connection() as conn:
            return queries.batches.outputs(conn, ids, after)

    def require(self, ids: Sequence[int]) -> None:
        """Raise TaskNotFound for ids that no task has."""
        self._require(self.read(queries.tasks.missing, ids))

    def tasks(self, ids: Sequence[int] | None = None, limit: int = 1000) -> list[TaskRow]:
        """Tasks by id, or the latest; View has more. Raises TaskNotFound for an id that no task has."""
        from .queries import listing  # and with it the fields and filters, which who submits does without

        with self.database.connection() as conn:
            found = listing.page(conn, Selection.of(ids), self.now(), limit=limit if ids is None else None)
        self._require(sorted(set(ids or ()) - {row.id for row in found}))
        return found

    def outcomes(self, ids: Sequence[int], *, stored: bool = False) -> list[queries.tasks.Ending]:
        """How those of the tasks ended that are complete; if all were `stored`, what is not there has ended as well."""
        with self.database.connection() as conn:
            found = queries.tasks.outcomes(conn, ids)
            left = set(ids).difference(each.id for each in found) if stored else ()
            return found + (queries.tasks.removed(conn, left) if left else [])

    def output(self, task: int, since: int = 0) -> list[queries.output.OutputPiece]:
        """The next pieces of the output of a task's last attempt, from piece number `since` on.

        Raises PermissionDenied where it is another's.
        """
        with self.database.connection() as conn:
            queries.output.attempts(conn, [task])  # on a shared server: whether it may be read
            return queries.output.pieces(conn, {task: queries.output.Place(None, since)})

    def capture(self, worker: Sleeper, cpus: float, memory: int, limit: int) -> list[queries.work.Captured]:
        """Capture up to `limit` tasks for a worker, which together take no more than `cpus` and `memory` (bytes).

        Each comes with a lease, under which alone its run can be ended.
        """
        with self.database.connection() as conn:
            return queries.work.claim(conn, worker.id, cpus, memory, limit)

    def release(self, runs: Iterable[tuple[int, int]]) -> list[int]:
        """Give captured tasks (id, lease) back unrun; returns the ids of those that are pending again."""
        with self.database.connection() as conn:
            changes = queries.work.release(conn, runs)
            submission.announce(conn, changes, submission.ANY)
        return [change.id for change in changes if change.state == State.PENDING]

    def heartbeat(self, worker: Sleeper, *, cpus_used: float = 0.0, memory_used: int = 0) -> bool:
        """Tell that a worker lives, and what it has in use; False where it was given up for dead."""
        with self.database.connection() as conn:
            found = queries.registry.beat(conn, worker.id, draining=False, cpus_used=cpus_used, memory_used=memory_used)
        return found is not None

    def workers(self) -> list[queries.tasks.WorkerRow]:
        """The workers that live."""
        with self.database.connection() as conn:
            return queries.tasks.workers(conn)

    @staticmethod
    def _require(missing: Sequence[int]) -> None:
        if missing:
            raise TaskNotFound(f"no such task: {', '.join(map(str, missing))}")


def ends(signal: int, grace: float | None) -> bool:
    """Whether a signal is meant to end a task, or will be followed by one that does."""
    return grace is not None or signal not in GENTLE


def _steps(done: Sequence[queries.kill.Killed]) -> list[Step]:
    """The states of those that a kill touched, before and now; those that fell with them are told of now alone."""
    from .audit import Step

    return [
        Step(each.id, {"state": each.before} if each.before else {}, {"state": each.state})
        for each in done
        if each.touched
    ]


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
