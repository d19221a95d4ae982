"""What the worker asks of its runner."""

import signal
from collections.abc import Callable, Iterable

from .admission import Admission
from .channel import Channel
from .frames import Frame, Header
from .gentle import GENTLE
from .job import Job
from .kind import Kind
from .meters import Meters
from .outlet import Outlet
from .roster import Roster
from .running import Running
from .shared import Shared
from .signals import Signals
from .tasks import Tasks
from .timers import Switch


class Orders:
    """Does what each message says; `is_closing` once the worker wants no more."""

    def __init__(
        self,
        channel: Channel,
        admission: Admission,
        running: Running,
        roster: Roster,
        tasks: Tasks,
        shared: Shared,
        signals: Signals,
        switch: Switch,
        outlet: Outlet,
        meters: Meters,
    ) -> None:
        """Begin with none."""
        self._channel = channel
        self._admission = admission
        self._running = running
        self._roster = roster
        self._tasks = tasks
        self._shared = shared
        self._signals = signals
        self._switch = switch
        self._outlet = outlet
        self._meters = meters
        self._kinds: dict[int, Kind] = {}
        self.is_closing = False

    def take(self, frames: Iterable[Frame]) -> None:
        """Do them in their order."""
        for header, body in frames:
            _MEANINGS[header["type"]](self, header, body)

    def kill_all(self) -> None:
        """End every task: the worker has not been heard of, and others may hold its tasks now."""
        for job in self._take_waiting():
            job.cut_off = True
            self._tasks.drop(job)
        for job in self._running.active():
            job.cut_off = True
            self._signal(job, signal.SIGKILL, None, ends=True)

    def kill(self, job: Job) -> None:
        """End a task that has begun."""
        self._signal(job, signal.SIGKILL, None, ends=True)

    def _take_waiting(self) -> list[Job]:
        """All tasks that have not begun, which now will not."""
        return [*self._roster.take_back(), *self._admission.take_all()]

    def _signal(self, job: Job, number: int, grace: float | None, *, ends: bool) -> None:
        """Signal a task that has begun, or is about to."""
        job.killed = job.killed or ends
        found = self._roster.find(job.lease)
        if found is None:
            self._signals.send(job, number, grace)
        elif not self._shared.signal(*found, number, grace, ends=ends) and ends:
            self._tasks.drop(job)

    def _environ(self, header: Header, body: bytes) -> None:
        self._tasks.teach(header["key"], body)

    def _forget(self, header: Header, _body: bytes) -> None:
        self._tasks.forget(header["keys"])

    def _capacity(self, header: Header, _body: bytes) -> None:
        self._admission.resize(header["cpus"], header.get("memory"))
        if header.get("output_limit"):
            self._outlet.limit(header["output_limit"])
        if header.get("enforce_memory"):
            self._meters.enforce()

    def _kind(self, header: Header, body: bytes) -> None:
        self._kinds[header["slot"]] = Kind(header, body)

    def _run_many(self, header: Header, body: bytes) -> None:
        kind, start = self._kinds[header["slot"]], 0
        for lease, size in header["tasks"]:
            self._tasks.take(Job(kind.order_of(lease), body[start : start + size], kind))
            start += size
        self._tasks.admit()

    def _run(self, header: Header, body: bytes) -> None:
        self._tasks.take(Job(header, body))
        # At once: with the start left to the end of a turn, a `kill` in the same read would miss the process.
        self._tasks.admit()

    def _kill(self, header: Header, _body: bytes) -> None:
        number, grace = int(header["signal"]), header.get("grace")
        ends = grace is not None or number not in GENTLE
        if ends and (waiting := self._admission.take(header["lease"])) is not None:
            self._tasks.drop(waiting)
        elif job := self._running.find(header["lease"]):
            self._signal(job, number, grace, ends=ends)

    def _cancel_waiting(self, _header: Header, _body: bytes) -> None:
        for job in self._take_waiting():
            self._channel.queue({"type": "returned", "lease": job.lease})

    def _alive(self, header: Header, _body: bytes) -> None:
        self._switch.set(header["seconds"])

    def _close(self, _header: Header, _body: bytes) -> None:
        self.is_closing = True


_MEANINGS: dict[str, Callable[[Orders, Header, bytes], None]] = {
    "environ": Orders._environ,
    "forget": Orders._forget,
    "capacity": Orders._capacity,
    "kind": Orders._kind,
    "run": Orders._run,
    "run_many": Orders._run_many,
    "kill": Orders._kill,
    "cancel_waiting": Orders._cancel_waiting,
    "alive": Orders._alive,
    "close": Orders._close,
}
