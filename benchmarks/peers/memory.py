"""Queues that keep nothing on PostgreSQL: on Redis, or in the memory of a process."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from ..house import House, process
from ..rounds import Go
from .timing import rate


def pool(count: int, chunk: int) -> Callable[[House], Any]:
    """ProcessPoolExecutor of two."""

    @contextmanager
    def opened(_: House) -> Iterator[Go]:
        with ProcessPoolExecutor(2) as executor:

            def go() -> float:
                assert set(executor.map(operator.add, [1] * count, [2] * count, chunksize=chunk)) == {3}
                return float(count)

            yield rate(go)

    return opened


def rq(count: int, worker: str) -> Callable[[House], Any]:
    """RQ's worker in this process, until its queue is empty."""

    @contextmanager
    def opened(house: House) -> Iterator[Go]:
        import rq as package
        from redis import Redis

        with house.redis() as url, Redis.from_url(url) as redis:
            queue = package.Queue(worker, connection=redis)

            def go() -> float:
                jobs = queue.enqueue_many([queue.prepare_data(operator.add, (1, 2)) for _ in range(count)])
                getattr(package, worker)([queue], connection=redis).work(burst=True, logging_level="CRITICAL")
                assert jobs[-1].return_value() == 3
                return float(count)

            yield rate(go)

    return opened


@contextmanager
def huey_ready(house: House, kind: str, workers: int) -> Iterator[Callable[..., Any]]:
    """A consumer of huey as a process of its own; yields what submits `operator.add`'s like, see bare.py."""
    import os

    with house.redis() as url:
        os.environ["AQUE_BENCH_REDIS"] = url
        from importlib import reload

        from . import huey_app

        reload(huey_app)
        consumer = "huey.bin.huey_consumer"
        argv = [sys.executable, "-m", consumer, "benchmarks.peers.huey_app.huey", "-w", str(workers), "-k", kind, "-q"]
        with process([*argv, "-d", "0.001", "-m", "0.01"]):
            assert huey_app.add(1, 2).get(blocking=True, timeout=30) == 3
            yield huey_app


def huey(count: int) -> Callable[[House], Any]:
    """huey's consumer with two processes."""

    @contextmanager
    def opened(house: House) -> Iterator[Go]:
        with huey_ready(house, "process", 2) as app:

            def go() -> float:
                results = [app.add(1, 2) for _ in range(count)]
                assert all(result.get(blocking=True, timeout=60, max_delay=0.01) == 3 for result in results)
                return float(count)

            yield rate(go)

    return opened


def dask(count: int) -> Callable[[House], Any]:
    """dask.distributed with two worker processes of one thread each."""

    @contextmanager
    def opened(_: House) -> Iterator[Go]:
        from distributed import Client, LocalCluster

        cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50)
        with cluster, Client(cluster) as client:

            def go() -> float:
                futures = client.map(operator.add, [1] * count, [2] * count, pure=False)
                assert set(client.gather(futures)) == {3}
                return float(count)

            yield rate(go)

    return opened
