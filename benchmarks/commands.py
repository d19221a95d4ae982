"""Commands through the embedded broker, beside xargs in the same run.

    python benchmarks/commands.py

Prints the time from submitting `true` to its result (p50 and p95 over 200), then milliseconds a task for 2,000 `true`
at two at once, aque and `xargs -P2 -n1 true` in turn, with the ratio of the medians.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aque
from aque.core import embedded

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


def measure(home: Path) -> None:
    queue = aque.Queue(broker=f"embedded:{home}")
    queue.submit_many([TRUE])
    worker = subprocess.Popen([sys.executable, "-m", "aque", "worker", "-c", "2", "--broker", queue.broker.to_url()])
    try:
        times = latencies(queue)
        print(f"submit to result: p50 {times[LATENCIES // 2]:.1f} ms, p95 {times[int(LATENCIES * 0.95)]:.1f} ms")
        pairs = [(through_aque(queue), through_xargs()) for _ in range(ROUNDS)]
    finally:
        worker.terminate()
        worker.wait(30)
        queue.broker.close()
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"ms a task, pairs: {'; '.join(f'{a:.2f} {b:.2f}' for a, b in pairs)}")
    print(f"ms a task, medians: aque {ours:.2f}, xargs {theirs:.2f}, ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    print(f"{platform.platform()}, {os.cpu_count()} cpus, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="aque-bench-") as folder:
        Path(folder).chmod(0o711)
        try:
            measure(Path(folder) / "broker")
        finally:
            embedded.stop(Path(folder) / "broker")
