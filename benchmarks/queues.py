"""No-op Python functions through aque and through other queues, from the first submission to the last end."""

from __future__ import annotations

from collections.abc import Iterator

from .__main__ import Asked
from .house import House
from .peers import memory, ours, postgres
from .report import Table
from .rounds import Contestant, compete

_NOTE = (
    "Each does as many as take it a second or so. aque keeps every result, attempt and time, and waits for all "
    "results; the bare loop keeps nothing."
)


def measure(house: House, asked: Asked) -> Iterator[Table]:
    """Rates beside aque's with shared processes."""
    contestants = [
        Contestant("aque, shared processes", ours.functions(10_000, "shared")),
        Contestant("aque, a fork each", ours.functions(1000, "process")),
        Contestant("bare psycopg loop, batches of 100", postgres.bare(20_000, 100)),
        Contestant("bare psycopg loop, one by one", postgres.bare(1000, 1)),
        Contestant("pgqueuer, asyncpg", postgres.pgqueuer(5000, "asyncpg"), ["pgqueuer", "asyncpg"]),
        Contestant("pgqueuer, psycopg", postgres.pgqueuer(3000, "psycopg"), ["pgqueuer"]),
        Contestant("procrastinate, 10 at once", postgres.procrastinate(300), ["procrastinate"]),
        Contestant("RQ, SimpleWorker", memory.rq(200, "SimpleWorker"), ["rq"], ["redis-server"]),
        Contestant("RQ, a fork each", memory.rq(50, "Worker"), ["rq"], ["redis-server"]),
        Contestant("huey on Redis, 2 processes", memory.huey(2000), ["huey", "redis"], ["redis-server"]),
        Contestant("ProcessPoolExecutor, one by one", memory.pool(5000, 1)),
        Contestant("ProcessPoolExecutor, chunks of 100", memory.pool(100_000, 100)),
        Contestant("dask.distributed, 2 processes", memory.dask(500), ["distributed"]),
    ]
    yield compete(house, "No-op functions", "tasks a second, more is better", contestants, asked.rounds, _NOTE)
