"""Signals to the processes of tasks."""

import signal

from .gentle import GENTLE
from .job import Job
from .processes import signal_tree
from .reaper import Reaper
from .running import Running
from .timers import Timers


class Signals:
    """Sends signals to whole trees of processes."""

    def __init__(self, running: Running, reaper: Reaper, timers: Timers) -> None:
        """Know who runs."""
        self._running = running
        self._reaper = reaper
        self._timers = timers

    def send(self, job: Job, number: int, grace: float | None) -> None:
        """Signal all of a running process, and kill it after the grace if it is still there."""
        if self._running.is_starting(job):
            job.signals.append((number, grace))
            return
        if self._running.main(job.pid) is not job:
            return
        seen = signal_tree(job.pid, number)
        if number not in GENTLE:
            job.seen.update(seen)
        if grace is not None and number != signal.SIGKILL:
            self._timers.after(grace, lambda: self.send(job, signal.SIGKILL, None))

    def send_kept(self, job: Job) -> None:
        """Send those that came before it was known which process it has."""
        for number, grace in job.signals:
            self.send(job, number, grace)

    def kill_rest(self, job: Job) -> None:
        """End what a process has left, while its number is still its own."""
        self._reaper.kill_rest(job, self._running.mains())
