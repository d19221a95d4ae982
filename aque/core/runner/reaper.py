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
        processes.adopt_orphans()

    def dead(self) -> Iterator[int]:
        """Children that have ended, still unreaped: till then their number is nobody else's."""
        while True:
            try:
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if found is None:
                return
            yield found.si_pid

    def reap(self, pid: int) -> tuple[int, Usage, int]:
        """Exit code or negative signal, usage and largest memory of an ended child."""
        _, status, usage = os.wait4(pid, 0)
        self._daemons.discard(pid)
        return os.waitstatus_to_exitcode(status), usage, usage.ru_maxrss * RSS_UNIT

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


def kill_everything() -> None:
    """SIGKILL all below us, over and over until nothing is left: what dies leaves its children to us."""
    until = time.monotonic() + LAST_LOOK
    while time.monotonic() < until:
        left = processes.below([os.getpid()], processes.table()) - {os.getpid()}
        for pid in left:
            processes.send(pid, signal.SIGKILL)
        if not left:
            return
        while _reap_any():
            pass
        time.sleep(PAUSE)


def _reap_any() -> bool:
    """Reap one dead child, whoever it is."""
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False
