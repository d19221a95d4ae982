"""`aque xargs` beside xargs, and beside what the worker does by itself, in one run.

    python -m benchmarks.xargs [LINES]

Prints, each as pairs and the ratio of their medians: milliseconds a command for `-P1 -n1 true` of ours and of xargs;
tasks a second of LINES (20,000) commands through `aque xargs -P2 -n1 true`, start-up included, and of the same
commands (`true` takes longer with an argument) that wait for a worker which finds them there; then the most memory
and the cpu time a line that the client took, and the time to the first command.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser, RawTextHelpFormatter
from collections.abc import Callable
from dataclasses import dataclass

from .house import House, house

ONE_BY_ONE, ROUNDS, STARTS = 400, 3, 7
MEASURED = r"""
import atexit, pathlib, re, sys, time
def tell():
    text = pathlib.Path("/proc/self/status").read_text()
    print(re.search(r"VmHWM:\s*(\d+)", text)[1], time.process_time(), file=sys.stderr)
atexit.register(tell)
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


@dataclass(frozen=True, slots=True)
class Cost:
    """What a client took: the most memory, in MB, and microseconds of cpu a line."""

    memory: int
    cpu: float


def alone(here: House, lines: int) -> float:
    """Tasks a second that a worker runs which finds them all there."""
    given = ({"pattern": "shell", "args": ["true", str(number)], "cpus": "/2"} for number in range(lines))
    futures = here.queue.submit_many(given)
    with here.worker("-2") as worker:
        worker.wait(3600)
    first, last = sorted(here.broker.tasks([futures[0].id, futures[-1].id]), key=lambda row: row.id)
    assert first.started_at and last.finished_at
    return lines / (last.finished_at - first.started_at).total_seconds()


def through_xargs(here: House, lines: int) -> tuple[float, Cost]:
    """Tasks a second, and what the client took."""
    with here.worker(), tempfile.TemporaryFile("w+") as given:
        given.write(feed(lines))
        given.seek(0)
        started = time.perf_counter()
        command = [sys.executable, "-c", MEASURED, "xargs", "-P2", "-n1", "true"]
        told = subprocess.run(command, stdin=given, capture_output=True, text=True, check=True).stderr
        seconds = time.perf_counter() - started
    memory, cpu = told.split()
    return lines / seconds, Cost(int(memory) // 1024, float(cpu) / lines * 1e6)


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


def measure(here: House, lines: int) -> None:
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
    costs: list[Cost] = []

    def ours() -> float:
        rate, cost = through_xargs(here, lines)
        costs.append(cost)
        return rate

    pairs(f"tasks a second of {lines}, xargs and the worker alone", ROUNDS, ours, lambda: alone(here, lines))
    print(f"MB of the client, at most: {max(cost.memory for cost in costs)}")
    print(f"microseconds of cpu a line of the client: median {statistics.median(cost.cpu for cost in costs):.0f}")


def main() -> None:
    parser = ArgumentParser("benchmarks.xargs", description=__doc__, formatter_class=RawTextHelpFormatter)
    parser.add_argument("lines", nargs="?", type=int, default=20_000, metavar="LINES")
    lines = parser.parse_args().lines
    print(f"{platform.platform()}, {os.cpu_count()} cpus, load {os.getloadavg()[0]:.1f}")
    with house() as here:
        os.environ["AQUE_BROKER"] = here.broker.to_url()
        here.queue.submit_many([{"pattern": "shell", "args": ["true"]}])
        measure(here, lines)
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
