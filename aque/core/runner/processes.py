"""What the system knows of processes: trees, sessions, orphans; and signals to them."""

import ctypes
import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

LINUX = sys.platform.startswith("linux")
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


class Process(NamedTuple):
    """One line of the process table."""

    parent: int
    session: int
    started: int


Table = dict[int, Process]


def adopt_orphans() -> None:
    """Become the parent of every orphan among our descendants, where the system has such a thing."""
    if LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent(number: int) -> None:
    """Have Linux send this process a signal as soon as its parent is gone."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)


def can_watch() -> bool:
    """Whether the system tells of the end of processes that are not our children: Linux does so since 5.3."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


def children() -> set[int] | None:
    """Our own children, zombies included; None where only the whole table tells."""
    try:
        descriptor = os.open("/proc/thread-self/children", os.O_RDONLY)  # by hand: it is read at the end of each task
    except OSError:
        return None
    try:
        return set(map(int, b"".join(iter(lambda: os.read(descriptor, 65536), b"")).split()))
    finally:
        os.close(descriptor)


def look(pid: int) -> Process | None:
    """One process of Linux's table, unless it is gone or only a zombie."""
    fields = stat(pid)
    if not fields or fields[0] in (b"Z", b"X"):
        return None
    return Process(int(fields[1]), int(fields[3]), int(fields[19]))


def parent_of(pid: int) -> int:
    """The parent of a process, be it a zombie; 0 when it is gone."""
    fields = stat(pid)
    return int(fields[1]) if fields else 0


def stat(pid: int) -> list[bytes]:
    """What Linux tells of a process, from its state on."""
    try:
        line = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return []
    # The name of the program before may hold anything, brackets and blanks too.
    return line[line.rindex(b")") + 2 :].split()


def table() -> Table:
    """Every living process."""
    if not LINUX:
        return _table_of_ps()
    found = ((int(name), look(int(name))) for name in os.listdir("/proc") if name.isdigit())
    return {pid: process for pid, process in found if process is not None}


def _table_of_ps() -> Table:
    """The table by `ps`; its process group stands for the session."""
    command = ["ps", "-A", "-o", "pid=,ppid=,pgid=,stat="]
    lines = subprocess.run(command, capture_output=True, check=False).stdout.splitlines()
    rows = (line.split() for line in lines)
    return {int(row[0]): Process(int(row[1]), int(row[2]), 0) for row in rows if not row[3].startswith(b"Z")}


def below(roots: Iterable[int], processes: Table) -> set[int]:
    """All descendants of some processes, and the processes of the sessions these lead."""
    by_parent: dict[int, list[int]] = defaultdict(list)
    by_session: dict[int, list[int]] = defaultdict(list)
    for pid, process in processes.items():
        by_parent[process.parent].append(pid)
        by_session[process.session].append(pid)
    found: set[int] = set()
    left = list(roots)
    while left:
        pid = left.pop()
        for other in (*by_parent[pid], *by_session[pid]):
            if other not in found:
                found.add(other)
                left.append(other)
    return found


def send(pid: int, number: int) -> None:
    """Signal one process; it may be gone, and the number no signal here."""
    with suppress(OSError):
        os.kill(pid, number)


def send_group(pid: int, number: int) -> None:
    """Signal a process group; it may be gone, and the number no signal here."""
    with suppress(OSError):
        os.killpg(pid, number)


def signal_tree(pid: int, number: int) -> dict[int, int]:
    """Signal a task's group and all below it, own sessions included; who they were, with start times."""
    # Before the signal: what dies of it leaves its children to us, and the tree is gone.
    processes = table()
    members = below([pid], processes) | {pid}
    send_group(pid, number)
    session = {one for one in members if one in processes}
    for one in session:
        # The group has had it, and twice may mean something else to a program than once.
        if _group(one) != pid:
            send(one, number)
    return {one: processes[one].started for one in session}


def _group(pid: int) -> int:
    """The process group of a process, 0 when it is gone."""
    try:
        return os.getpgid(pid)
    except OSError:
        return 0


def kill_seen(seen: dict[int, int]) -> None:
    """SIGKILL processes seen before and all below them, unless the number is another process's now."""
    processes = table()
    roots = {pid for pid, started in seen.items() if pid in processes and processes[pid].started == started}
    kill_all(roots | below(roots, processes), processes)


def kill_all(pids: Iterable[int], processes: Table) -> None:
    """SIGKILL processes, children before parents, none of which goes on with its next step meanwhile.

    Should we be killed amidst it, whoever comes after us finds what is left below its parents.
    """
    oldest_first = sorted(pids, key=lambda pid: (processes[pid].started, pid))
    for number, order in ((signal.SIGSTOP, oldest_first), (signal.SIGKILL, reversed(oldest_first))):
        for pid in order:
            send(pid, number)
