"""Where the time of small tasks goes: milliseconds of CPU a task, by process.

    python -m benchmarks cpu

Runs `true`, forked functions and shared functions through the embedded broker, two at once, and adds up what each
process of aque spent between the submission and the last result; "tasks" is what the tasks' own processes took. With
two cores no task can take less than half of the sum; and sums, unlike times, suffer little from what else runs.
Beside it, for commands, what `xargs -P2 -n1 true` takes, and for forked functions the bare loop of `functions`, each
with its start; and page faults, of which there are as many whatever else runs. Linux alone.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import aque

from . import forking
from .house import House, house

Other = tuple[str, Sequence[str], int]
ADD: Final[Mapping[str, Any]] = {"func": "operator:add", "args": [1, 2]}
LOOP: Final = (sys.executable, forking.__file__, "small")
KINDS: Final[Mapping[str, tuple[Mapping[str, Any], int, Other | None]]] = {
    "commands": ({"pattern": "shell", "args": ["true"]}, 2000, ("xargs", ("xargs", "-P2", "-n1", "true"), 2000)),
    "forked functions": ({**ADD, "isolation": "process"}, 2000, ("bare loop", LOOP, forking.COUNT)),
    "shared functions": ({**ADD, "isolation": "shared"}, 20000, None),
}
NAMES: Final = {"runner/boot.py": "runner", "child/boot.py": "Python processes", "-m aque": "worker"}
TICKS: Final = os.sysconf("SC_CLK_TCK")


def spent(server: int) -> tuple[dict[str, float], int]:
    """Seconds that each process below this one, and the server, has used so far, by what it is; and the page faults
    of those that fork tasks, and of these."""
    found = {int(entry.name): entry for entry in Path("/proc").iterdir() if entry.name.isdecimal()}
    parents = {pid: parent for pid, entry in found.items() if (parent := int((_fields(entry) or ["", "0"])[1]))}
    total: dict[str, float] = defaultdict(float)
    faults = 0
    for pid, entry in found.items():
        fields = _fields(entry)
        if fields and _is_below(pid, {os.getpid(), server}, parents):
            name = "submitter" if pid == os.getpid() else "server" if parents.get(pid) == server else _name(entry)
            total[name] += sum(map(int, fields[11:13])) / TICKS
            if name in ("runner", "Python processes"):
                total["tasks"] += sum(map(int, fields[13:15])) / TICKS
            if name == "Python processes":
                faults += sum(map(int, fields[7:9]))
    return total, faults


def _fields(process: Path) -> list[str]:
    try:
        return (process / "stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return []


def _name(process: Path) -> str:
    try:
        command = (process / "cmdline").read_text().replace("\0", " ")
    except OSError:
        command = ""
    return next((name for part, name in NAMES.items() if part in command), "others")


def _is_below(pid: int, roots: set[int], parents: Mapping[int, int]) -> bool:
    while pid and pid not in roots:
        pid = parents.get(pid, 0)
    return bool(pid)


def run(queue: aque.Queue, prototype: Mapping[str, Any], count: int) -> None:
    for future in queue.submit_many(dict(prototype) for _ in range(count)):
        future.result(300)


def beside(name: str, argv: Sequence[str], count: int) -> str:
    """What another program with all its processes takes for each of so many tasks."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, input="x\n" * count, stdout=subprocess.DEVNULL, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{name}: cpu {used / count * 1e3:.3f}, page faults {(after.ru_minflt - before.ru_minflt) / count:.0f}"


def measure(here: House) -> None:
    queue = here.queue
    server = int((here.folder / "broker" / "data" / "postmaster.pid").read_text().split()[0])
    with here.worker():
        for kind, (prototype, count, other) in KINDS.items():
            run(queue, prototype, 100)
            (before, faults), began = spent(server), time.perf_counter()
            run(queue, prototype, count)
            seconds = time.perf_counter() - began
            now, faults_now = spent(server)
            used = {name: (after - before.get(name, 0.0)) / count * 1e3 for name, after in now.items()}
            parts = ", ".join(f"{name} {used[name]:.3f}" for name in sorted(used, key=used.__getitem__, reverse=True))
            print(f"{kind}: {seconds / count * 1e3:.3f} ms each; cpu {sum(used.values()):.3f} ({parts})")
            if other:
                print(
                    f"  page faults of forks and what forks them {(faults_now - faults) / count:.0f}; {beside(*other)}"
                )


if __name__ == "__main__":
    print(f"{os.cpu_count()} cpus, load {os.getloadavg()[0]:.1f}")
    with house() as here:
        measure(here)
