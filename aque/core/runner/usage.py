"""What a task's processes use now, as Linux tells it: the main one, all below it, and what they left to us."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from . import processes

PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")
USER, RSS = 11, 21  # places in a line of /proc/PID/stat, from the state on


class Use(NamedTuple):
    """Seconds of user and system time until now, bytes of memory now, and which processes it is."""

    user: float
    system: float
    rss: int
    pids: tuple[int, ...]


def of_tree(pid: int, orphans: Mapping[int, list[int]]) -> Use:
    """What a process uses with all below it, and with those of its session among the `orphans`, which are by session.

    The cpu time of what has ended counts as well, where somebody waited for it.
    """
    user = system = rss = 0
    seen: dict[int, None] = {}
    left = [pid, *orphans.get(pid, ())]
    while left:
        each = left.pop()
        fields = processes.stat(each) if each not in seen else []
        if fields:
            seen[each] = None
            user += int(fields[USER]) + int(fields[USER + 2])  # its own, and that of those it has waited for
            system += int(fields[USER + 1]) + int(fields[USER + 3])
            rss += int(fields[RSS])
            left += _children(each)
    return Use(user / TICKS, system / TICKS, rss * PAGE, tuple(seen))


def fair_share(use: Use) -> int:
    """The memory of a tree, what its processes share counted once. It costs more to know: ask only when it matters."""
    if len(use.pids) < 2:
        return use.rss
    shares = [_proportional(pid) for pid in use.pids]
    return use.rss if None in shares else sum(filter(None, shares))


def _children(pid: int) -> list[int]:
    """Its children; each thread has its own."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            found += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_bytes().split())
    except OSError:  # gone, or a system that does not tell
        pass
    return found


def _proportional(pid: int) -> int | None:
    """A process's part of the memory that it uses, alone and with others; None where we may not know."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_bytes().splitlines()
    except ProcessLookupError:
        return 0
    except OSError:
        return None if Path(f"/proc/{pid}").exists() else 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(b"Pss:")), 0)
