"""A bare loop that forks a process for each of many no-op functions, two at once, and prints microseconds for each.

A file of its own, for what is imported counts: `random`, say, is seeded anew in each fork, which costs as much again.
"""

from __future__ import annotations

import operator
import os
import sys
import time

COUNT, AT_ONCE = 2000, 2


def loop(kind: str) -> float:
    """Microseconds a fork; `big` is a Python that has imported aque."""
    if kind == "big":
        import aque  # noqa: F401
    started = time.perf_counter()
    for number in range(COUNT):
        if number >= AT_ONCE:
            os.wait()
        if not os.fork():
            os._exit(0 if operator.add(1, 2) == 3 else 1)
    for _ in range(AT_ONCE):
        os.wait()
    return (time.perf_counter() - started) / COUNT * 1e6


if __name__ == "__main__":
    print(loop(sys.argv[1]))
