"""The tasks that have a process of their own, from their start to their end; all others are passed on from here."""

import json
import signal
import time
from collections.abc import Iterable

from .admission import Admission
from .channel import Channel
from .forks import Forks
from .frames import Header
from .identity import at_home
from .job import Job, TaskError, Usage
from .pipes import Pipes
from .running import Running
from .shared import Shared
from .signals import Signals
from .spawn import opening, plan, spawn
from .timers import Timers


class Tasks:
    """Starts them, and tells the worker what becomes of them."""

    def __init__(
        self,
        channel: Channel,
        pipes: Pipes,
        admission: Admission,
        running: Running,
        signals: Signals,
        forks: Forks,
        shared: Shared,
        timers: Timers,
    ) -> None:
        """Begin with none."""
        self._channel = channel
        self._pipes = pipes
        self._admission = admission
        self._running = running
        self._signals = signals
        self._forks = forks
        self._shared = shared
        self._timers = timers
        self._environs: dict[str, dict[str, str] | None] = {}
        self._at_home: dict[tuple[str, str], dict[str, str]] = {}

    def teach(self, key: str, variables: bytes) -> None:
        """Know an environment by this key, given as JSON."""
        self._environs[key] = _environment(variables)

    def forget(self, keys: Iterable[str]) -> None:
        """Tasks that come from now on have none of these environments."""
        for key in keys:
            self._environs.pop(key, None)
        self._at_home.clear()

    def take(self, job: Job) -> None:
        """Let a task wait, with the environment that its key stands for now."""
        job.environ = self._environ_of(job.order)
        self._admission.waiting.append(job)

    def _environ_of(self, order: Header) -> dict[str, str] | None:
        """The environment of a task; the same object for all of one user that have the same."""
        environ, user = self._environs.get(order["environ"]), order.get("user")
        if environ is None or user is None:
            return environ
        key = order["environ"], user
        if key not in self._at_home:
            self._at_home[key] = at_home(environ, user)
        return self._at_home[key]

    def admit(self) -> None:
        """Start what may start."""
        while job := self._admission.next(self._running.active()):
            self.start(job)

    def start(self, job: Job) -> None:
        """Start one task, or report why not."""
        try:
            if job.environ is None:
                raise TaskError("spawn", f"its environment ({job.order['environ']}) is not there, or is none")
            if job.key is not None and self._shared.take(job, job.environ):
                return
            job.stand_alone()
            with opening() as files:
                planned = plan(job, job.environ, files)
                if self._forks.launch(job, planned, files, self):
                    return
                job.pid, job.streams = spawn(job, planned, files), files.pipes
        except TaskError as error:
            self.failed(job, error)
            return
        self.began(job)

    def drop(self, job: Job) -> None:
        """Report a task as killed that has not begun."""
        job.killed = True
        job.wait_again()
        self._channel.queue(job.finished(None, None, 0))

    def began(self, job: Job) -> None:
        """Report a task that runs now, and forward what it writes."""
        job.started = time.monotonic()
        job.body = b""
        self._running.by_pid[job.pid] = job
        self._pipes.add(job.lease, job.streams)
        job.streams = {}
        self._channel.queue({"type": "started", "lease": job.lease, "pid": job.pid, "at": job.started})
        self._signals.send_kept(job)
        if job.order.get("timeout") is not None:
            job.timer = self._timers.after(job.order["timeout"], lambda: self._time_out(job))

    def failed(self, job: Job, error: TaskError) -> None:
        """Report a task that could not be started."""
        self._channel.queue(job.finished(None, None, 0, error))

    def again(self, job: Job) -> None:
        """Start a task once more that has no process."""
        if job.killed:
            self.drop(job)
        else:
            self.start(job)

    def died(self, job: Job) -> None:
        """End what a task has left."""
        job.ended = job.ended or time.monotonic()
        self._signals.kill_rest(job)

    def ended(self, job: Job, code: int, usage: Usage, max_rss: int) -> None:
        """Report the end of a task, after what it wrote: that is taken late, for what is next waits for the rest."""
        self._pipes.drain(job.lease)
        del self._running.by_pid[job.pid]
        job.cancel_timer()
        self._channel.queue(job.finished(code, usage, max_rss))

    def _time_out(self, job: Job) -> None:
        """Ask a task whose time is over to end."""
        if self._running.by_pid.get(job.pid) is job:
            job.timed_out = True
            self._signals.send(job, signal.SIGTERM, job.grace)


def _environment(variables: bytes) -> dict[str, str] | None:
    """An environment from its JSON; None where it is none. Whoever stored it must not end all that run here."""
    try:
        found = json.loads(variables)
    except (ValueError, RecursionError):
        return None
    is_sound = isinstance(found, dict) and all(isinstance(each, str) for each in found.values())
    return found if is_sound else None
