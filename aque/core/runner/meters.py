"""What the running tasks use, looked at from time to time; and the end of those that use more memory than they may.

Linux alone tells so cheaply. Tasks that end before the first look cost nothing.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from . import processes, usage
from .channel import Channel
from .job import Job, Spent
from .timers import Timers
from .usage import Use

INTERVAL = 2.0  # seconds between two looks at all
WATCH = 0.2  # seconds between two looks at those that may be killed for their memory
YOUNG = 0.5  # seconds for which a task is left alone

Orphans = Mapping[int, list[int]]


class Reading(NamedTuple):
    """A look at a task: when, and the cpu seconds until then."""

    at: float
    cpu: float


class Meters:
    """Looks at tasks. `kill` ends one; `mains` are the runner's own children, which no task has left to it."""

    def __init__(
        self,
        channel: Channel,
        timers: Timers,
        active: Callable[[], Iterable[Job]],
        mains: Callable[[], set[int]],
        kill: Callable[[Job], None],
    ) -> None:
        self._channel = channel
        self._timers = timers
        self._active = active
        self._mains = mains
        self._kill = kill
        self._readings: dict[object, Reading] = {}
        self._enforces = False
        if processes.LINUX:
            timers.after(INTERVAL, self._look)

    def enforce(self) -> None:
        """From now on, kill what uses more memory than it asked for."""
        if processes.LINUX and not self._enforces:
            self._enforces = True
            self._timers.after(WATCH, self._watch)

    def _look(self) -> None:
        """Tell what each task uses."""
        self._timers.after(INTERVAL, self._look)
        now = time.monotonic()
        jobs = [job for job in self._active() if job.started is not None and now - job.started >= YOUNG]
        orphans = self._orphans() if jobs else {}
        self._readings = {job.lease: self._read(job, orphans, now) for job in jobs if job.started is not None}

    def _read(self, job: Job, orphans: Orphans, now: float) -> Reading:
        use = usage.of_tree(job.pid, orphans)
        rss = self._memory(job, use)
        is_shared = job.number > 0  # its process has run others before, whose time is not its own
        cpu = use.user + use.system
        if not is_shared:
            job.met = Spent(use.user, use.system)
        before = self._readings.get(job.lease) or Reading(now if is_shared else job.started or now, 0.0)
        if now > before.at:
            percent = max(0.0, cpu - before.cpu) / (now - before.at) * 100
            told = {"cpu": round(percent, 1), "rss": rss, "peak": job.peak}
            self._channel.queue({"type": "usage", "lease": job.lease, **told})
        return Reading(now, cpu)

    def _watch(self) -> None:
        """Look at the memory alone, and more often."""
        self._timers.after(WATCH, self._watch)
        jobs = [job for job in self._active() if job.memory and job.pid and job.over_memory is None]
        orphans = self._orphans() if jobs else {}
        for job in jobs:
            self._memory(job, usage.of_tree(job.pid, orphans))

    def _memory(self, job: Job, use: Use) -> int:
        """What a task has in memory now; if that is more than it may have, it is killed."""
        rss = use.rss
        if 0 < job.memory < rss:
            rss = usage.fair_share(use)
            if self._enforces and rss > job.memory and job.over_memory is None:
                job.over_memory = rss
                self._kill(job)
        job.peak = max(job.peak, rss)
        return rss

    def _orphans(self) -> Orphans:
        """What tasks have left to the runner, by session."""
        found: dict[int, list[int]] = defaultdict(list)
        for pid in (processes.children() or set()) - self._mains():
            if process := processes.look(pid):
                found[process.session].append(pid)
        return found
