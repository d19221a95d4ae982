"""Warm functions in a chain, and 1 → many → 1, beside as many that need nothing; and what ties them elsewhere."""

from __future__ import annotations

import operator
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from .__main__ import Asked
from .house import House
from .report import Table
from .rounds import LESS_IS_MORE, Contestant, Go, compete

_CALL = {"func": "operator:add", "args": [1, 2], "isolation": "shared"}


def measure(house: House, asked: Asked) -> Iterator[Table]:
    """Two tables: a link of a chain, and a task of a fan."""
    links, wide = asked.count(1000), asked.count(10_000)
    chains = [
        Contestant("aque", _ours(lambda: _chain(links), links)),
        Contestant("ProcessPoolExecutor, link by link", _pool_chain(links)),
        Contestant("dask.distributed", _dask_chain(links), ["distributed"]),
    ]
    yield compete(house, f"A chain of {links:,}, a link", LESS_IS_MORE, chains, asked.rounds)
    fans = [
        Contestant("aque, as many without ties", _ours(lambda: [dict(_CALL) for _ in range(wide)], wide)),
        Contestant(f"aque, 1 → {wide:,} → 1", _ours(lambda: _fan(wide), wide)),
    ]
    yield compete(house, f"1 → {wide:,} → 1, a task", LESS_IS_MORE, fans, asked.rounds)


def _chain(links: int) -> list[dict[str, Any]]:
    chain = [dict(_CALL)]
    for _ in range(links - 1):
        chain.append({**_CALL, "dependencies": [chain[-1]]})
    return chain


def _fan(wide: int) -> list[dict[str, Any]]:
    first = dict(_CALL)
    middle = [{**_CALL, "dependencies": [first]} for _ in range(wide)]
    return [first, *middle, {**_CALL, "dependencies": middle}]


def _ours(make: Callable[[], list[dict[str, Any]]], count: int) -> Callable[[House], Any]:
    @contextmanager
    def opened(house: House) -> Iterator[Go]:
        with house.worker():
            assert house.queue.submit_many([_CALL])[0].result(60) == 3
            yield _milliseconds(lambda: [each.result(600) for each in house.queue.submit_many(make())], count)

    return opened


def _pool_chain(links: int) -> Callable[[House], Any]:
    @contextmanager
    def opened(_: House) -> Iterator[Go]:
        with ProcessPoolExecutor(2) as pool:
            yield _milliseconds(lambda: [pool.submit(operator.add, 1, 2).result() for _ in range(links)], links)

    return opened


def _dask_chain(links: int) -> Callable[[House], Any]:
    @contextmanager
    def opened(_: House) -> Iterator[Go]:
        from distributed import Client, LocalCluster

        cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50)
        with cluster, Client(cluster) as client:

            def go() -> None:
                last = client.submit(operator.add, 1, 2, pure=False)
                for _ in range(links - 1):
                    last = client.submit(operator.add, last, 1, pure=False)
                assert last.result() == links + 2

            yield _milliseconds(go, links)

    return opened


def _milliseconds(action: Callable[[], object], count: int) -> Go:
    def go() -> float:
        started = time.perf_counter()
        action()
        return (time.perf_counter() - started) / count * 1e3

    return go
