"""One call at a time on an idle queue: from the submission to its start, and to its result at the submitter.

What is called is `time.monotonic` itself, whose clock all processes share.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from . import bare
from .__main__ import Asked
from .house import House, process, until
from .peers.memory import huey_ready
from .report import Line, Table
from .rounds import LESS_IS_MORE, Contestant, compete

Call = Callable[[], float]


def measure(house: House, asked: Asked) -> Iterator[Table]:
    """Four tables: median and 95th percentile of each."""
    seen = [_Seen(name, call, asked.count(200), *needs) for name, call, *needs in _CALLS]
    note = "A round is so many calls one after the other; of each round the percentile is told."
    results = compete(house, "Result seen, p50", LESS_IS_MORE, [each.contestant() for each in seen], asked.rounds, note)
    yield results
    for title, pick in _OTHERS.items():
        lines = [Line(each.name, tuple(map(pick, each.rounds)), _skipped(results, each.name)) for each in seen]
        yield Table(title, LESS_IS_MORE, lines, results.load)


def _skipped(table: Table, name: str) -> str:
    return next(line.skipped for line in table.lines if line.name == name)


class _Seen:
    """A way to call, and the times of its rounds: (started, seen) of each call, in milliseconds."""

    def __init__(self, name: str, call: Any, count: int, *needs: Any) -> None:
        self.name = name
        self.rounds: list[tuple[list[float], list[float]]] = []
        self._call, self._count, self._needs = call, count, needs

    def contestant(self) -> Contestant:
        return Contestant(self.name, self._opened, *self._needs)

    @contextmanager
    def _opened(self, house: House) -> Iterator[Callable[[], float]]:
        with self._call(house) as call:
            for _ in range(20):
                call()
            yield lambda: self._round(call)

    def _round(self, call: Call) -> float:
        started, seen = [], []
        for _ in range(self._count):
            begin = time.monotonic()
            at = call()
            seen.append((time.monotonic() - begin) * 1e3)
            started.append((at - begin) * 1e3)
        self.rounds.append((sorted(started), sorted(seen)))
        return _at(0.5, seen)


def _at(part: float, times: list[float]) -> float:
    return sorted(times)[int(len(times) * part)]


_OTHERS: dict[str, Callable[[tuple[list[float], list[float]]], float]] = {
    "Result seen, p95": lambda times: _at(0.95, times[1]),
    "Started, p50": lambda times: _at(0.5, times[0]),
    "Started, p95": lambda times: _at(0.95, times[0]),
}


@contextmanager
def _aque(house: House) -> Iterator[Call]:
    with house.worker():
        yield lambda: house.queue.submit_ex(time.monotonic, isolation="shared").result(30)


@contextmanager
def _bare(house: House) -> Iterator[Call]:
    conninfo = house.conninfo("bare_calls")
    with psycopg.connect(conninfo, autocommit=True) as conn:
        conn.execute(bare.TABLE)
        conn.execute("listen done")

        def call() -> float:
            made = conn.execute(
                "with made as (insert into call default values returning id) select id from made"
            ).fetchone()
            conn.execute("notify job")
            assert made
            while next(conn.notifies(timeout=30, stop_after=1)).payload != str(made[0]):
                pass
            found = conn.execute("select result from call where id = %s", made).fetchone()
            assert found
            return float(found[0])

        with process([sys.executable, "-m", "benchmarks.bare", conninfo]):
            yield call


@contextmanager
def _rq(house: House) -> Iterator[Call]:
    import rq
    from redis import Redis

    with house.redis() as url, Redis.from_url(url) as redis:
        queue = rq.Queue("calls", connection=redis)
        argv = [sys.executable, "-m", "rq.cli", "worker", "-q", "-w", "rq.SimpleWorker", "-u", url, "calls"]

        def call() -> float:
            job = queue.enqueue(time.monotonic)
            until(lambda: (found := job.latest_result()) is not None and found.type == found.Type.SUCCESSFUL, 30)
            return float(job.return_value())

        with process(argv):
            yield call


@contextmanager
def _huey(house: House) -> Iterator[Call]:
    with huey_ready(house, "thread", 4) as app:
        yield lambda: float(app.now().get(blocking=True, timeout=30, backoff=1, max_delay=0.001))


_CALLS: tuple[tuple[Any, ...], ...] = (
    ("bare psycopg loop", _bare),
    ("aque, a warm shared process", _aque),
    ("RQ, SimpleWorker", _rq, ["rq"], ["redis-server"]),
    ("huey on Redis, 4 threads", _huey, ["huey", "redis"], ["redis-server"]),
)
