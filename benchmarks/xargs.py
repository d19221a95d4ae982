"""`aque xargs` beside xargs, and beside what the worker does by itself, in one run.

    python -m benchmarks.xargs [LINES]

Prints, each as pairs and the ratio of their medians: milliseconds a command for `-P1 -n1 true` of ours and of xargs;
tasks a second of LINES (20,000) commands through `aque xargs -P2 -n1 true`, start-up included, and of the same
commands (`true` takes longer with an argument) that wait for a worker which finds them there; then the most memory
that the client had, and the time to the first command.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from .house import House, house

LINES = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
ONE_BY_ONE, ROUNDS, STARTS = 400, 3, 7
MEASURED = r"""
import atexit, pathlib, re, sys
status = pathlib.Path("/proc/self/status")
atexit.register(lambda: print(re.search(r"VmHWM:\s*(\d+)", status.read_text())[1], file=sys.stderr))
from aque.cli.main import main
main()
"""
AQUE = [sys.executable, "-m", "aque", "xargs"]


def feed(count: int) -> str:
    return "".join(f"{number}\n" for number in range(count))


def timed(command: list[str], count: int) -> float:
    started = time.perf_counter()
    subprocess.run(command, input=feed(count), text=True, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def alone(here: House) -> float:
    """Tasks a second that a worker runs which finds them all there."""
    given = ({"pattern": "shell", "args": ["true", str(number)], "cpus": "/2"} for number in range(LINES))
    futures = here.queue.submit_many(given)
    with here.worker("-2") as worker:
        worker.wait(3600)
    first, last = sorted(here.broker.tasks([futures[0].id, futures[-1].id]), key=lambda row: row.id)
    assert first.started_at and last.finished_at
    return LINES / (last.finished_at - first.started_at).total_seconds()


def through_xargs(here: House) -> tuple[float, int]:
    """Tasks a second, and the most memory in MB."""
    with here.worker(), tempfile.TemporaryFile("w+") as lines:
        lines.write(feed(LINES))
        lines.seek(0)
        started = time.perf_counter()
        command = [sys.executable, "-c", MEASURED, "xargs", "-P2", "-n1", "true"]
        told = subprocess.run(command, stdin=lines, capture_output=True, text=True, check=True).stderr
        return LINES / (time.perf_counter() - started), int(told) // 1024


def first_command() -> float:
    """Milliseconds from the start of the client to that of its first command."""
    started = time.time()
    done = subprocess.run([*AQUE, "date", "+%s.%N"], input="", capture_output=True, text=True, check=True)
    return (float(done.stdout) - started) * 1e3


def pairs(what: str, rounds: int, ours: Callable[[], float], theirs: Callable[[], float]) -> None:
    found = [(ours(), theirs()) for _ in range(rounds)]
    mine, other = (statistics.median(column) for column in zip(*found, strict=True))
    print(
        f"{what}: {'; '.join(f'{a:.2f} {b:.2f}' for a, b in found)}; medians {mine:.2f} {other:.2f}, {mine / other:.2f}"
    )


def measure(here: House) -> None:
    with here.worker():
        subprocess.run([*AQUE, "true"], input="", text=True, check=True)
        starts = sorted(first_command() for _ in range(STARTS))
        print(f"ms to the first command: median {starts[STARTS // 2]:.0f}, worst {starts[-1]:.0f}")
        pairs(
            "ms a command at -P1, ours and xargs",
            ROUNDS,
            lambda: timed([*AQUE, "-P1", "-n1", "true"], ONE_BY_ONE) / ONE_BY_ONE * 1e3,
            lambda: timed(["xargs", "-P1", "-n1", "true"], ONE_BY_ONE) / ONE_BY_ONE * 1e3,
        )
    memory: list[int] = []

    def ours() -> float:
        rate, used = through_xargs(here)
        memory.append(used)
        return rate

    pairs(f"tasks a second of {LINES}, xargs and the worker alone", ROUNDS, ours, lambda: alone(here))
    print(f"MB of the client, at most: {max(memory)}")


if __name__ == "__main__":
    print(f"{platform.platform()}, {os.cpu_count()} cpus, load {os.getloadavg()[0]:.1f}")
    with house() as here:
        os.environ["AQUE_BROKER"] = here.broker.to_url()
        here.queue.submit_many([{"pattern": "shell", "args": ["true"]}])
        measure(here)
    print(f"load {os.getloadavg()[0]:.1f}")
