"""Dead children: the tasks' main processes and the orphans the tasks left to us."""

import os
import signal
import sys
import time
from collections.abc import Iterator

from . import processes
from .job import Job, Usage

RSS_UNIT = 1 if sys.platform == "darwin" else 1024
LAST_LOOK = 5.0
PAUSE = 0.01


class Reaper:
    """Knows which orphans are daemons of a session of their own, that outlive their task."""

    def __init__(self) -> None:
        """Adopt what the tasks will orphan."""
        self._daemons: set[int] = set()
        self._ended: dict[int, tuple[int, Usage, int]] = {}  # reaped already
        processes.adopt_orphans()

    def dead(self) -> Iterator[int]:
        """Children that have ended, still unreaped: till then their number is nobody else's."""
        look = self._look if hasattr(os, "waitid") else self._look_and_reap
        while True:
            try:
                pid = look()
            except ChildProcessError:
                return
            if not pid:
                return
            yield pid

    def _look(self) -> int:
        """A child that has ended; 0 where there is none."""
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return found.si_pid if found else 0

    def _look_and_reap(self) -> int:
        """The same for macOS before Python 3.13, where to look is to reap."""
        pid, status, usage = os.wait4(-1, os.WNOHANG)
        if pid:
            self._ended[pid] = status, usage, usage.ru_maxrss
        return pid

    def reap(self, pid: int) -> tuple[int, Usage, int]:
        """Exit code or negative signal, usage and largest memory of an ended child."""
        status, usage, max_rss = self._ended.pop(pid) if pid in self._ended else _wait(pid)
        self._daemons.discard(pid)
        return os.waitstatus_to_exitcode(status), usage, max_rss * RSS_UNIT

    def kill_rest(self, job: Job, mains: set[int]) -> None:
        """SIGKILL what an ended task has left: its session, and all that was seen of it if it was killed."""
        processes.send_group(job.pid, signal.SIGKILL)
        if job.seen:
            processes.kill_seen(job.seen)
        if not processes.LINUX:
            return
        children = processes.children()
        # The whole table costs milliseconds: look only if there is an orphan that is not known for a daemon.
        if children is not None and children - mains <= self._daemons:
            return
        table = processes.table()
        for pid, process in table.items():
            if process.session == job.pid:
                processes.send(pid, signal.SIGKILL)
        others = {one for one in (children or set()) - mains if one in table}
        self._daemons |= {one for one in others if table[one].session not in mains}


def _wait(pid: int) -> tuple[int, Usage, int]:
    _, status, usage = os.wait4(pid, 0)
    return status, usage, usage.ru_maxrss


def kill_everything() -> None:
    """SIGKILL all below us, over and over until nothing is left: what dies leaves its children to us."""
    until = time.monotonic() + LAST_LOOK
    while time.monotonic() < until:
        table = processes.table()
        left = (processes.below([os.getpid()], table) & table.keys()) - {os.getpid()}
        if not left:
            return
        processes.kill_all(left, table)
        while _reap_any():
            pass
        time.sleep(PAUSE)


def _reap_any() -> bool:
    """Reap one dead child, whoever it is."""
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False
