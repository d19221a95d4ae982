"""Small tasks that share processes: which process runs which."""

import signal

from .admission import Admission
from .carrier import Carrier
from .channel import Channel
from .course import Course
from .forks import Forks
from .job import Job, TaskError, Usage
from .pipes import Pipes
from .roster import Roster
from .signals import Signals
from .spawn import opening, plan
from .supply import Supply
from .timers import Timers


class Shared:
    """The processes that run many tasks, from their start to their end."""

    def __init__(
        self,
        channel: Channel,
        pipes: Pipes,
        admission: Admission,
        signals: Signals,
        forks: Forks,
        roster: Roster,
        timers: Timers,
    ) -> None:
        """Begin with no process."""
        self._channel = channel
        self._pipes = pipes
        self._admission = admission
        self._signals = signals
        self._forks = forks
        self._roster = roster
        self._supply = Supply(admission, roster, timers)
        self._course = Course(channel, pipes, self._supply, roster, timers, self._time_out)

    def take(self, job: Job, environ: dict[str, str]) -> bool:
        """Have a task run, and those like it that wait behind it; False where it is to have a process of its own.

        Raises TaskError where no process can be started for it.
        """
        carrier = self._roster.idle(job.key) or self._start(job, environ)
        if carrier is None:
            return False
        self._supply.begin(carrier, job)
        if carrier.pid:
            self._course.begin(carrier)
        return True

    def signal(self, carrier: Carrier, job: Job, number: int, grace: float | None, *, ends: bool) -> bool:
        """Signal a task; False where it has not begun, and now will not if the signal `ends` tasks."""
        others = carrier.take_back()
        if job in others:
            if ends:
                others.remove(job)
            carrier.give_again(others)
            return False
        if ends:
            self._supply.end(carrier, others)
        self._signals.send(carrier, number, grace)
        if not ends:
            carrier.give_again(others)
        return True

    def began(self, carrier: Job) -> None:
        """A process runs: let it begin."""
        assert isinstance(carrier, Carrier)
        self._roster.by_pid[carrier.pid] = carrier
        self._course.follow(carrier)
        self._signals.send_kept(carrier)

    def failed(self, carrier: Job, error: TaskError) -> None:
        """There is no process, and none of its tasks will have one."""
        assert isinstance(carrier, Carrier)
        self._course.forget(carrier)
        for job in carrier.jobs:
            self._channel.queue(job.finished(None, None, 0, error))

    def again(self, carrier: Job) -> None:
        """There is no process; its tasks wait for another."""
        assert isinstance(carrier, Carrier)
        self._course.forget(carrier)
        self._admission.put_back(list(carrier.jobs))

    def tell(self) -> None:
        """Tell the worker of all tasks that have ended."""
        self._course.ends.flush()

    def died(self, carrier: Job) -> None:
        """A process has ended: end what it left, and take what it wrote."""
        self._signals.kill_rest(carrier)
        self._pipes.drain(carrier.lease)

    def ended(self, carrier: Job, code: int, usage: Usage, max_rss: int) -> None:
        """A process is reaped: the task that it was at has ended with it, and those behind wait for another."""
        assert isinstance(carrier, Carrier)
        others = carrier.take_back()
        if others and not carrier.jobs and not carrier.has_run:
            carrier.jobs.append(others.pop(0))  # it did not even come to its first, and others would not either
        self._course.end(carrier, code, usage, max_rss)
        self._admission.put_back(others)

    def _start(self, job: Job, environ: dict[str, str]) -> Carrier | None:
        """A new process for tasks like this one."""
        carrier = Carrier(job.key, job)
        try:
            with opening() as files:
                planned = plan(carrier, environ, files)
                more = [files.own(each) for each in carrier.connect()]
                if self._forks.launch(carrier, planned, files, self, more):
                    self._roster.add(carrier)
                    return carrier
        except TaskError:
            carrier.close()
            raise
        carrier.close()
        return None

    def _time_out(self, job: Job) -> None:
        """Ask a task to end, if it has not; one that its process has not come to yet is given its time anew."""
        found = self._roster.find(job.lease)
        if found is None:
            return
        carrier, _ = found
        unbegun = carrier.take_back()
        carrier.give_again(unbegun)
        if job in unbegun:
            self._course.limit(job)
        else:
            job.timed_out = True
            self.signal(carrier, job, signal.SIGTERM, job.grace, ends=True)
