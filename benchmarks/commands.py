"""Commands through the embedded broker, beside xargs in the same run.

    python -m benchmarks commands

Prints the time from submitting `true` to its result (p50 and p95 over 200), then milliseconds a task for 2,000 `true`
at two at once, aque and `xargs -P2 -n1 true` in turn, with the ratio of the medians.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import time

import aque

from .house import House, house

COUNT, ROUNDS, LATENCIES = 2000, 3, 200
TRUE = {"pattern": "shell", "args": ["true"]}


def latencies(queue: aque.Queue) -> list[float]:
    found = []
    for _ in range(LATENCIES):
        started = time.perf_counter()
        queue.submit_many([TRUE])[0].result(30)
        found.append((time.perf_counter() - started) * 1e3)
    return sorted(found)


def through_aque(queue: aque.Queue) -> float:
    started = time.perf_counter()
    for future in queue.submit_many(dict(TRUE) for _ in range(COUNT)):
        assert future.result(120) == 0
    return (time.perf_counter() - started) / COUNT * 1e3


def through_xargs() -> float:
    lines = "x\n" * COUNT
    started = time.perf_counter()
    subprocess.run(["xargs", "-P2", "-n1", "true"], input=lines, text=True, check=True)
    return (time.perf_counter() - started) / COUNT * 1e3


def measure(here: House) -> None:
    here.queue.submit_many([TRUE])
    with here.worker():
        times = latencies(here.queue)
        print(f"submit to result: p50 {times[LATENCIES // 2]:.1f} ms, p95 {times[int(LATENCIES * 0.95)]:.1f} ms")
        pairs = [(through_aque(here.queue), through_xargs()) for _ in range(ROUNDS)]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"ms a task, pairs: {'; '.join(f'{a:.2f} {b:.2f}' for a, b in pairs)}")
    print(f"ms a task, medians: aque {ours:.2f}, xargs {theirs:.2f}, ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    print(f"{platform.platform()}, {os.cpu_count()} cpus, load {os.getloadavg()[0]:.1f}")
    with house() as here:
        measure(here)
