"""Small tasks that share processes: which process runs which, and how many at a time are handed over."""

import selectors
import time
from typing import Protocol

from .admission import Admission
from .batches import Batches
from .carrier import Carrier
from .channel import Channel
from .forks import Forks
from .job import Job, TaskError, Usage
from .marked import MarkedPipe
from .pipes import Pipes
from .roster import Roster
from .spawn import opening, plan
from .timers import Timers

STUCK = 0.1  # seconds after which nothing waits behind a task any more


class House(Protocol):
    """What a process of many tasks needs of the runner, as any other process does."""

    def kill_rest(self, job: Job) -> None:
        """End what a process has left."""

    def signal(self, job: Job, number: int, grace: float | None) -> None:
        """Signal all of a process, and kill it after the grace."""

    def time_out(self, job: Job) -> None:
        """A task's time is over."""


class Shared:
    """The processes that run many tasks."""

    def __init__(
        self,
        house: House,
        selector: selectors.BaseSelector,
        forks: Forks,
        pipes: Pipes,
        channel: Channel,
        admission: Admission,
        timers: Timers,
    ) -> None:
        """Begin with no process."""
        self._house = house
        self._forks = forks
        self._pipes = pipes
        self._channel = channel
        self._admission = admission
        self._timers = timers
        self.roster = Roster(selector, timers)
        self._batches = Batches()
        self._streams: dict[object, list[MarkedPipe]] = {}
        self._begun: dict[object, Job] = {}

    def take(self, job: Job, environ: dict[str, str]) -> bool:
        """Have a task run, and those like it that wait behind it; False where it is to have a process of its own.

        Raises TaskError where no process can be started for it.
        """
        carrier = self.roster.idle(job.key) or self._start(job, environ)
        if carrier is None:
            return False
        self._give(carrier, [job, *self._admission.take_alike(job.key, self._batches.size(job.key) - 1)])
        return True

    def announce(self) -> None:
        """Tell what runs now. Those that have ended already tell it with their end."""
        for job in self._begun.values():
            told = {"type": "started", "lease": job.lease, "pid": job.pid, "at": job.started, "shared": True}
            self._channel.queue(told)
        self._begun.clear()

    def signal(self, carrier: Carrier, job: Job, number: int, grace: float | None, *, ends: bool) -> bool:
        """Signal a task; False where it has not begun, and now will not if the signal `ends` tasks."""
        others = carrier.take_back()
        if job in others:
            if ends:
                others.remove(job)
            carrier.give_again(others)
            return False
        if ends:
            self._retire(carrier, others)
        self._house.signal(carrier, number, grace)
        if not ends:
            carrier.give_again(others)
        return True

    def began(self, carrier: Job) -> None:
        """A process runs: read what it writes."""
        assert isinstance(carrier, Carrier)
        self.roster.by_pid[carrier.pid] = carrier
        pipes = [MarkedPipe(ours, stream, carrier, self._marked) for ours, stream in carrier.streams.items()]
        carrier.streams = {}
        self._streams[carrier.lease] = pipes
        self._pipes.add_all(carrier.lease, list(pipes))
        self._begin(carrier)
        for number, grace in carrier.signals:
            self._house.signal(carrier, number, grace)

    def failed(self, carrier: Job, error: TaskError) -> None:
        """There is no process, and none of its tasks will have one."""
        assert isinstance(carrier, Carrier)
        self._forget(carrier)
        for job in carrier.jobs:
            self._channel.queue(job.finished(None, None, 0, error))

    def again(self, carrier: Job) -> None:
        """There is no process; its tasks wait for another."""
        assert isinstance(carrier, Carrier)
        self._forget(carrier)
        self._admission.put_back(list(carrier.jobs))

    def died(self, carrier: Job) -> None:
        """A process has ended: end what it left, and take what it wrote."""
        self._house.kill_rest(carrier)
        self._pipes.drain(carrier.lease)

    def ended(self, carrier: Job, code: int, usage: Usage, max_rss: int) -> None:
        """A process is reaped: the task that it was at has ended with it, and those behind wait for another."""
        assert isinstance(carrier, Carrier)
        others = carrier.take_back()
        if others and not carrier.jobs and not carrier.has_run:
            carrier.jobs.append(others.pop(0))  # it did not even come to its first, and others would not either
        for job in carrier.jobs:
            self._begun.pop(job.lease, None)
            self._pipes.outlet.end(job.lease)
            status, spent, rss = job.took or (code, carrier.spent.until(usage), max_rss)
            self._channel.queue(
                job.finished(code if status is None else status, spent, rss), job.body if job.took else b""
            )
        carrier.jobs.clear()
        self._forget(carrier)
        self._admission.put_back(others)

    def _start(self, job: Job, environ: dict[str, str]) -> Carrier | None:
        """A new process for tasks like this one."""
        carrier = Carrier(job.key, job)
        try:
            with opening() as files:
                planned = plan(carrier, environ, files)
                more = [files.own(each) for each in carrier.connect()]
                if self._forks.launch(carrier, planned, files, self, more):
                    self.roster.add(carrier)
                    return carrier
        except TaskError:
            carrier.close()
            raise
        carrier.close()
        return None

    def _give(self, carrier: Carrier, jobs: list[Job]) -> None:
        was_idle = not carrier.jobs
        carrier.give(jobs)
        self.roster.flush(carrier)
        if len(carrier.jobs) > 1:
            self._timers.after(STUCK, lambda: self._look(carrier))
        if was_idle and carrier.pid:
            self._begin(carrier)

    def _begin(self, carrier: Carrier) -> None:
        """The next task of a process runs now."""
        carrier.since = carrier.used_at = time.monotonic()
        if not carrier.jobs:
            self.roster.rest(carrier)
            return
        job = carrier.jobs[0]
        if job.took is not None:  # it has ended already: only its output is still on the way
            return
        job.pid, job.started = carrier.pid, carrier.since
        self._begun[job.lease] = job
        if job.order.get("timeout") is not None:
            self._timers.after(job.order["timeout"], lambda: self._house.time_out(job))

    def _marked(self, carrier: Carrier) -> None:
        """One of the streams has passed the end of a task: with the last of them it has ended."""
        streams = self._streams[carrier.lease]
        while carrier.jobs and all(stream.passed for stream in streams):
            for stream in streams:
                stream.passed -= 1
            self._finish(carrier, carrier.jobs.popleft())
        if carrier.is_over and carrier.pid:
            self._retire(carrier, carrier.take_back())

    def _finish(self, carrier: Carrier, job: Job) -> None:
        assert job.took and job.started and job.ended
        status, spent, rss = job.took
        self._begun.pop(job.lease, None)
        self._pipes.outlet.end(job.lease)
        carrier.has_run = True
        carrier.spent = carrier.spent.plus(spent)
        self._batches.learn(carrier.key, job.ended - job.started)
        self._channel.queue(job.finished(status, spent, rss), job.body)
        if not carrier.is_over:
            self._fill_up(carrier)
        self._begin(carrier)

    def _fill_up(self, carrier: Carrier) -> None:
        """Hand more over before a process has nothing left to do."""
        size = self._batches.size(carrier.key)
        if carrier.jobs and len(carrier.jobs) <= size // 2:
            more = self._admission.take_alike(carrier.key, size - len(carrier.jobs))
            if more:
                self._give(carrier, more)

    def _look(self, carrier: Carrier) -> None:
        """Let nothing wait behind a task that takes long."""
        if carrier.is_over or len(carrier.jobs) < 2:
            return
        if time.monotonic() - carrier.since >= STUCK and carrier.pid:
            self._admission.put_back(carrier.take_back())
        else:
            self._timers.after(STUCK, lambda: self._look(carrier))

    def _retire(self, carrier: Carrier, others: list[Job]) -> None:
        """Give a process nothing more."""
        carrier.is_over = True
        self._admission.put_back(others)

    def _forget(self, carrier: Carrier) -> None:
        self.roster.remove(carrier)
        self._streams.pop(carrier.lease, None)
