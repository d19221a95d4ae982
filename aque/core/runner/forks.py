"""The tasks whose processes are forked by warm interpreters: what these say becomes what a process of our own does."""

import errno
import os
import selectors
import signal
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from .job import Job, Spent, TaskError, Usage
from .reaper import RSS_UNIT
from .spawn import Plan
from .stdio import Files
from .timers import Timers
from .warm import Warm
from .zygote import PATIENCE, Said, Zygote


class Hooks(Protocol):
    """What is done about a task whose process somebody else started."""

    def began(self, job: Job) -> None:
        """Its process runs."""

    def failed(self, job: Job, error: TaskError) -> None:
        """It has none."""

    def again(self, job: Job) -> None:
        """It has none, and is to be started once more."""

    def died(self, job: Job) -> None:
        """Its process has ended, and keeps its number."""

    def ended(self, job: Job, code: int, usage: Usage, max_rss: int) -> None:
        """Its process is reaped."""


class Life(NamedTuple):
    """A process, and the descriptor that can be read when it has ended."""

    descriptor: int
    zygote: Zygote
    job: Job


class Forks:
    """Tasks that were given to warm interpreters, from the order to the end."""

    def __init__(self, selector: selectors.BaseSelector, timers: Timers) -> None:
        """Begin with no interpreter."""
        self._warm = Warm(selector)
        self._selector = selector
        self._timers = timers
        self._hooks: dict[object, Hooks] = {}
        self._lives: dict[int, Life] = {}
        self._owing: set[Zygote] = set()
        self.starting: dict[object, Job] = {}

    @property
    def pids(self) -> set[int]:
        """The processes of the warm interpreters."""
        return self._warm.pids

    def launch(self, job: Job, planned: Plan, files: Files, hooks: Hooks, more: Sequence[int] = ()) -> bool:
        """Have a task forked, of which the hooks are told; False where it is to be started as a new program."""
        zygote = self._warm.fork(job, planned, files, more)
        if zygote is None:
            return False
        job.streams = files.pipes
        self._hooks[job.lease] = hooks
        self.starting[job.lease] = job
        job.timer = self._timers.after(PATIENCE, lambda: zygote.kill() if job in zygote.starting else None)
        return True

    def hear(self, zygote: Zygote) -> None:
        """Do what a warm interpreter says."""
        for said in zygote.receive():
            if said.job is not None:
                _MEANINGS[said.word](self, zygote, said, said.job)
        self._warm.settle(zygote)

    def over(self, life: Life) -> None:
        """A process has ended; its number is its own until its warm interpreter has reaped it."""
        self._stop_watching(life.job.pid)
        self._hooks[life.job.lease].died(life.job)
        life.zygote.reap(life.job.pid)
        self._owing.add(life.zygote)

    def flush(self) -> None:
        """Have those reaped that have ended since the last call."""
        while self._owing:
            self._owing.pop().flush()

    def bury(self, pid: int, code: int) -> None:
        """A child of ours has ended; if it was a warm interpreter, its tasks have too, or are ours to reap now."""
        zygote = self._warm.get(pid)
        if zygote is None:
            return
        self.hear(zygote)
        self._warm.bury(zygote)
        for job in zygote.starting:
            if zygote.is_ready:
                self._unborn(job).failed(job, TaskError("spawn", "the interpreter that forks it has died"))
            else:
                self._unborn(job).again(job)
        for job in zygote.running.values():
            self._stop_watching(job.pid)
            hooks = self._hooks.pop(job.lease)
            if not _is_ours(job.pid):  # it was reaped there, and nobody knows its status any more
                hooks.died(job)
                hooks.ended(job, min(code, -signal.SIGKILL), Spent(0.0, 0.0), 0)

    def _started(self, zygote: Zygote, _said: Said, job: Job) -> None:
        del self.starting[job.lease]
        job.cancel_timer()
        self._hooks[job.lease].began(job)
        self._watch(zygote, job)

    def _watch(self, zygote: Zygote, job: Job) -> None:
        """Hear of the end of a process, which may have come already."""
        try:
            life = Life(os.pidfd_open(job.pid), zygote, job)
        except OSError:  # its end would be missed
            zygote.kill()
            return
        self._lives[job.pid] = life
        self._selector.register(life.descriptor, selectors.EVENT_READ, life)

    def _stop_watching(self, pid: int) -> None:
        if (life := self._lives.pop(pid, None)) is not None:
            self._selector.unregister(life.descriptor)
            os.close(life.descriptor)

    def _failed(self, _zygote: Zygote, said: Said, job: Job) -> None:
        number = int(said.numbers[0])
        self._unborn(job).failed(job, TaskError("spawn", os.strerror(number or errno.EPERM)))

    def _stale(self, zygote: Zygote, _said: Said, job: Job) -> None:
        self._warm.retire(zygote)
        self._unborn(job).again(job)

    def _ended(self, _zygote: Zygote, said: Said, job: Job) -> None:
        self._stop_watching(job.pid)  # one that says so unasked
        _, status, user, system, rss, read, written = said.numbers
        code = os.waitstatus_to_exitcode(int(status))
        spent = Spent(float(user), float(system), int(read), int(written))
        self._hooks.pop(job.lease).ended(job, code, spent, int(rss) * RSS_UNIT)

    def _unborn(self, job: Job) -> Hooks:
        """The hooks of a task that has got no process, and needs no pipes."""
        del self.starting[job.lease]
        job.cancel_timer()
        while job.streams:
            os.close(job.streams.popitem()[0])
        return self._hooks.pop(job.lease)


def _is_ours(pid: int) -> bool:
    """Whether a process is our own child, dead or alive."""
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


_MEANINGS: dict[str, Callable[[Forks, Zygote, Said, Job], None]] = {
    "started": Forks._started,
    "failed": Forks._failed,
    "stale": Forks._stale,
    "ended": Forks._ended,
}
