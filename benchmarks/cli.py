"""What a command costs before and beside its work, against bare Python that does the least of the same.

    python -m benchmarks.cli [TASKS]

Each line is a pair, taken in turns in one run: medians, their ratio and their difference.

- `aque --help` beside `import click`.
- `aque submit true` beside a script that imports click and psycopg, connects, and inserts one row.
- the first 50 of TASKS tasks (default a million) by `aque status`, beside the same script.
- `aque xargs` from its start to that of its first command, with a worker alive: what follows (the command runs, its
  output is stored, told and shown) is no part of it.
"""

from __future__ import annotations

import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from argparse import ArgumentParser, RawTextHelpFormatter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection, sql

from aque.core.account import account

from .demands import demand
from .house import House, house

ROUNDS = 15
AQUE = [str(Path(sys.executable).with_name("aque"))]
CLICK = [sys.executable, "-c", "import click"]
INSERT = """
import sys, click, psycopg
with psycopg.connect(sys.argv[1]) as conn:
    conn.execute("insert into bench values (%s)", ["true"])
"""
FILL = """
with demand as materialized (
    select aque.shape_of(jsonb_populate_record(null::aque.demand, %(demand)s::jsonb)) as shape
), made as (
    insert into aque.task (id, shape_id, state, attempt, started_at, finished_at)
    select nextval('aque.task_id'), shape, 'success', 1, now(), now()
    from demand cross join generate_series(1, %(count)s) returning id
)
insert into aque.spec (task_id, name, pattern, args) select id, 'true', 'shell', '["true"]' from made
"""


Cost = tuple[float, float]
"""Milliseconds by the clock, and of cpu time, which other programs disturb less."""


def timed(command: list[str]) -> Cost:
    """What a command costs, its children included."""
    started, before = time.perf_counter(), _used()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - started) * 1e3, (_used() - before) * 1e3


def _used() -> float:
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


def first_command(xargs: list[str]) -> float:
    """Milliseconds until a command runs, by its own clock."""
    started = time.time()
    command = [*xargs, "date", "+%s.%N"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=True)
    return (float(done.stdout) - started) * 1e3


def compare(name: str, ours: Callable[[], Cost], theirs: Callable[[], Cost]) -> None:
    pairs = [(ours(), theirs()) for _ in range(ROUNDS)]
    for kind, each in enumerate(("clock", "cpu")):
        a, b = (statistics.median(cost[kind] for cost in column) for column in zip(*pairs, strict=True))
        print(f"{name}: {each} {a:.0f} ms, bare {b:.0f} ms, ratio {a / b:.2f}, {a - b:+.0f} ms")


def fill(conn: Connection[Any], count: int) -> None:
    """COUNT tasks of this user's that have succeeded, as if they had been run."""
    conn.execute("set statement_timeout = 0")
    conn.execute(FILL, {"count": count, "demand": demand(user=account())})
    for table in ("task", "spec", "shape"):
        conn.execute(sql.SQL("vacuum analyze aque.{}").format(sql.Identifier(table)))


def measure(shared: House, count: int) -> None:
    aque = [*AQUE, "--broker", shared.broker.to_url()]
    address = subprocess.run([*aque, "db", "url"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    with psycopg.connect(address, autocommit=True) as conn:
        conn.execute("create table bench (command text)")
        bare = partial(timed, [sys.executable, "-c", INSERT, address])
        compare("aque --help, import click", partial(timed, [*AQUE, "--help"]), partial(timed, CLICK))
        compare("submit, insert", partial(timed, [*aque, "submit", "true"]), bare)
        fill(conn, count)
        for form in ((), ("--flat",), ("--json",)):
            status = [*aque, "status", "--limit", "50", *form]
            compare(" ".join(["status", *form]) + f", 50 of {count:,}, insert", partial(timed, status), bare)
    with shared.worker():
        subprocess.run([*aque, "submit", "-w", "true"], stdout=subprocess.DEVNULL, check=True)
        times = [first_command([*aque, "xargs"]) for _ in range(ROUNDS)]
    print(f"xargs to its first command: median {statistics.median(times):.0f} ms, slowest {max(times):.0f} ms")


def main() -> None:
    parser = ArgumentParser("benchmarks.cli", description=__doc__, formatter_class=RawTextHelpFormatter)
    parser.add_argument("tasks", nargs="?", type=int, default=1_000_000, metavar="TASKS")
    tasks = parser.parse_args().tasks
    print(f"{platform.platform()}, {os.cpu_count()} cpus, load {os.getloadavg()[0]:.1f}")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # all of aque would be compiled anew at each start
    with house() as shared:
        measure(shared, tasks)
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
