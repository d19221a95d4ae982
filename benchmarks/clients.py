"""16 clients that submit one task after the other while an idle worker sleeps, with notifications and without."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from aque.core.db.source import Connection
from aque.core.listener import Event
from aque.core.queries.storing import Batch

from .__main__ import Asked
from .house import House
from .report import Table
from .rounds import Contestant, Go, compete

_CLIENTS = 16
_ENTER = b"""
select aque.enter(%(places)s::int[], %(args)s::json, %(kinds)s::json, %(common)s::json, %(demands)s::json,
                  %(environs)s::json)
"""
_PROTOTYPE = {"func": "operator:add", "args": [1, 2], "tags": "nobody"}


def measure(house: House, asked: Asked) -> Iterator[Table]:
    """Commits a second of all together."""
    seconds = max(3 * asked.scale, 0.5)
    contestants = [
        Contestant("no notification", _clients(seconds, "silent")),
        Contestant("notifications as always", _clients(seconds, "told")),
        Contestant("the same, and somebody watches all tasks", _watched(seconds)),
    ]
    note = (
        "The worker is idle all the while, for the tasks ask for a tag that it lacks:"
        " each submission looks whether to wake it, and tells all who listen for new tasks."
    )
    title = f"{_CLIENTS} submitting clients"
    yield compete(house, title, "submissions a second, more is better", contestants, asked.rounds, note)


def _clients(seconds: float, how: str) -> Callable[[House], Any]:
    @contextmanager
    def opened(house: House) -> Iterator[Go]:
        with house.worker():

            def go() -> float:
                argv = [sys.executable, "-m", "benchmarks.clients", house.broker.to_url(), str(seconds), how]
                started = [
                    subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                    for _ in range(_CLIENTS)
                ]
                for each in started:
                    assert each.stdout and each.stdout.readline() == "ready\n"
                for each in started:  # all are up: now
                    assert each.stdin
                    each.stdin.write("\n")
                    each.stdin.flush()
                return sum(int(each.communicate()[0]) for each in started) / seconds

            yield go

    return opened


def _watched(seconds: float) -> Callable[[House], Any]:
    @contextmanager
    def opened(house: House) -> Iterator[Go]:
        with _clients(seconds, "told")(house) as go:
            house.broker.bind("task_status", _watch)
            assert house.broker.listener.wait(10)
            yield go
            house.broker.close()  # with it the listener, for the others' sake

    return opened


def _watch(_: Event) -> None:
    """As a screen, which looks for itself."""


def _submit(url: str, seconds: float, how: str) -> None:
    """One client: submits until its time is over, and prints how many."""
    from aque.core.broker import Broker
    from aque.core.queries import storing

    if how == "silent":
        storing.enter = _enter
    with Broker(url) as broker:
        broker.submit([_PROTOTYPE], {"user": "me"})
        print("ready", flush=True)
        sys.stdin.readline()
        end, count = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            broker.submit([_PROTOTYPE], {"user": "me"})
            count += 1
        print(count, flush=True)
        os._exit(0)


def _enter(conn: Connection, batch: Batch) -> list[int]:
    """As `storing.enter`, and nobody is told."""
    row = conn.execute(_ENTER, batch.parameters(), binary=True).fetchone()
    return row[0] if row else []


if __name__ == "__main__":
    _submit(sys.argv[1], float(sys.argv[2]), sys.argv[3])
