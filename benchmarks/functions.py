"""No-op Python functions through the embedded broker, beside a bare loop that forks, in the same run.

    python -m benchmarks functions

Prints microseconds a function, from the submission to the last result: forked (2,000 at two at once) in turn with
a Python that forks the same number two at once, with no queue, no output and no results, once with little imported and
once with what a program of some size has (aque itself); then shared (20,000). Ratios are of medians; the spread of the
bare loops tells how busy the machine was with other things.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import aque

from . import forking
from .house import House, house

SHARED, ROUNDS = 20000, 5


def through_aque(queue: aque.Queue, isolation: str, count: int) -> float:
    prototype = {"func": "operator:add", "args": [1, 2], "isolation": isolation}
    started = time.perf_counter()
    for future in queue.submit_many(dict(prototype) for _ in range(count)):
        assert future.result(120) == 3
    return (time.perf_counter() - started) / count * 1e6


def bare_forks(kind: str) -> float:
    """By a process of its own."""
    told = subprocess.run([sys.executable, forking.__file__, kind], capture_output=True, text=True, check=True)
    return float(told.stdout)


def spread(times: list[float]) -> str:
    return f"{statistics.median(times):.0f} ({min(times):.0f}-{max(times):.0f})"


def rounds(*measures: Callable[[], float]) -> list[list[float]]:
    """Each measure in turn, again and again."""
    return list(map(list, zip(*[[measure() for measure in measures] for _ in range(ROUNDS)], strict=True)))


def measure(here: House) -> None:
    queue = here.queue
    with here.worker():
        for isolation in ("process", "shared"):
            through_aque(queue, isolation, 100)
        forked, small, big = rounds(
            lambda: through_aque(queue, "process", forking.COUNT),
            lambda: bare_forks("small"),
            lambda: bare_forks("big"),
        )
        print(f"forked functions: {spread(forked)} us each")
        for name, bare in (("small", small), ("big", big)):
            ratio = statistics.median(bare) / statistics.median(forked)
            print(f"  {ratio:.2f} of the rate of a bare loop in a {name} Python: {spread(bare)} us each")
        (shared,) = rounds(lambda: through_aque(queue, "shared", SHARED))
        print(f"shared functions: {spread(shared)} us each; {1e6 / statistics.median(shared):.0f} a second")


def main() -> None:
    print(f"{platform.platform()}, {os.cpu_count()} cpus, load {os.getloadavg()[0]:.1f}")
    with house() as here:
        measure(here)


if __name__ == "__main__":
    main()
