"""How the processes that run many tasks get through them, one after another."""

import time
from collections.abc import Callable

from .carrier import Carrier
from .channel import Channel
from .ends import Ends
from .job import Job, Usage
from .marked import MarkedPipe
from .pipes import Pipes
from .roster import Roster
from .supply import Supply
from .timers import Timer, Timers

BRIEF = 0.005  # seconds; of a task that ends within them the start is told with the end


class Course:
    """Knows by the marks in what they write which task they are at, and tells the worker."""

    def __init__(
        self,
        channel: Channel,
        pipes: Pipes,
        supply: Supply,
        roster: Roster,
        timers: Timers,
        time_out: Callable[[Job], None],
    ) -> None:
        """Begin with no process. `time_out` is called when the time of a task is over, be it that it has ended."""
        self._channel = channel
        self.ends = Ends(channel)
        self._pipes = pipes
        self._supply = supply
        self._roster = roster
        self._timers = timers
        self._time_out = time_out
        self._streams: dict[object, list[MarkedPipe]] = {}
        self._begun: dict[object, Carrier] = {}
        self._telling: Timer | None = None

    def follow(self, carrier: Carrier) -> None:
        """A process runs: read what it writes."""
        pipes = [MarkedPipe(ours, stream, carrier, self._marked) for ours, stream in carrier.streams.items()]
        carrier.streams = {}
        self._streams[carrier.lease] = pipes
        self._pipes.add_all(carrier.lease, list(pipes))
        self.begin(carrier)

    def begin(self, carrier: Carrier) -> None:
        """The next task of a process runs now."""
        carrier.since = carrier.used_at = time.monotonic()
        if not carrier.jobs:
            self._roster.rest(carrier)
            return
        job = carrier.jobs[0]
        if job.took is not None:  # it has ended already: only its output is still on the way
            return
        job.pid, job.started = carrier.pid, carrier.since
        self._begun[job.lease] = carrier
        self._telling = self._telling or self._timers.after(BRIEF, self._tell_begun)
        self.limit(job)

    def limit(self, job: Job) -> None:
        """Its time begins now."""
        if job.order.get("timeout") is not None:
            job.timer = self._timers.after(job.order["timeout"], lambda: self._time_out(job))

    def end(self, carrier: Carrier, code: int, usage: Usage, max_rss: int) -> None:
        """The process is gone, and the tasks that it was at have ended with it."""
        for job in carrier.jobs:
            status, spent, rss = job.took or (code, carrier.spent.until(usage), max_rss)
            self._tell(job, code if status is None else status, spent, rss)
        carrier.jobs.clear()
        self.forget(carrier)

    def forget(self, carrier: Carrier) -> None:
        """There is no process."""
        self._roster.remove(carrier)
        self._streams.pop(carrier.lease, None)

    def _tell_begun(self) -> None:
        """Tell what runs now. Those that have ended already told it with their end, and some were taken back since."""
        self._telling = None
        for lease, carrier in self._begun.items():
            if carrier.jobs and carrier.jobs[0].lease == lease:
                at = carrier.jobs[0].started
                self._channel.queue({"type": "started", "lease": lease, "pid": carrier.pid, "at": at, "shared": True})
        self._begun.clear()

    def _marked(self, carrier: Carrier) -> None:
        """One of the streams has passed the end of a task: with the last of them it has ended."""
        streams = self._streams[carrier.lease]
        ended = min(len(carrier.jobs), *(stream.passed for stream in streams))
        for stream in streams:
            stream.passed -= ended
        for _ in range(ended):
            self._finish(carrier, carrier.jobs.popleft())
        if carrier.is_over and carrier.pid:
            self._supply.end(carrier, carrier.take_back())

    def _finish(self, carrier: Carrier, job: Job) -> None:
        assert job.took and job.started and job.ended
        status, spent, rss = job.took
        carrier.has_run = True
        carrier.spent = carrier.spent.plus(spent)
        self._tell(job, status, spent, rss)
        self._supply.go_on(carrier, job.ended - job.started)
        self.begin(carrier)

    def _tell(self, job: Job, status: int | None, spent: Usage, rss: int) -> None:
        """Tell the end of a task, with the last word that it had."""
        self._begun.pop(job.lease, None)
        job.cancel_timer()
        self._pipes.outlet.end(job.lease)
        self.ends.tell(job, status, spent, rss, job.body if job.took else b"")
