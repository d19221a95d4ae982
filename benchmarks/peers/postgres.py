"""Queues on PostgreSQL: on the server that aque has, in a database of their own."""

from __future__ import annotations

import asyncio
import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from ..house import House
from ..rounds import Go
from .timing import rate

_TABLE = "create table job (id bigint generated always as identity primary key, a int, b int)"
_CLAIM = """
with head as materialized (select id from job order by id limit %(batch)s for update skip locked)
delete from job using head where job.id = head.id returning a, b
"""


def bare(count: int, batch: int) -> Callable[[House], Any]:
    """COPY, then a loop that claims by SKIP LOCKED, calls, and commits: the least that a queue on PostgreSQL can do."""

    @contextmanager
    def opened(house: House) -> Iterator[Go]:
        with psycopg.connect(house.conninfo(f"bare{batch}"), autocommit=True) as conn:
            conn.execute(_TABLE)

            def go() -> float:
                with conn.cursor().copy("copy job (a, b) from stdin") as copy:
                    for _ in range(count):
                        copy.write_row((1, 2))
                while rows := conn.execute(_CLAIM, {"batch": batch}).fetchall():
                    assert all(operator.add(*row) == 3 for row in rows)
                return float(count)

            yield rate(go)

    return opened


def pgqueuer(count: int, driver: str) -> Callable[[House], Any]:
    """pgqueuer's async worker in this process, to the end of its queue."""

    @contextmanager
    def opened(house: House) -> Iterator[Go]:
        address = house.address(f"pgqueuer_{driver}")

        async def installed() -> None:
            async with await _connected(driver, address) as (queue, queries):
                del queue
                await queries.install()

        asyncio.run(installed())
        yield rate(lambda: asyncio.run(_pgqueuer_once(driver, address, count)))

    return opened


async def _pgqueuer_once(driver: str, address: dict[str, Any], count: int) -> float:
    from pgqueuer.types import QueueExecutionMode

    done = 0
    async with await _connected(driver, address) as (queue, queries):

        @queue.entrypoint("add")
        async def add(job: Any) -> None:
            nonlocal done
            done += operator.add(1, 2) == 3

        await queries.enqueue(["add"] * count, [None] * count, [0] * count)
        await queue.run(batch_size=200, mode=QueueExecutionMode.drain)
    assert done == count, (done, count)
    return float(count)


async def _connected(driver: str, address: dict[str, Any]) -> Any:
    from contextlib import asynccontextmanager

    from pgqueuer import PgQueuer
    from pgqueuer.db import AsyncpgDriver, PsycopgDriver
    from pgqueuer.queries import Queries

    async def by_asyncpg() -> tuple[Any, Any]:
        import asyncpg

        renamed = {("database" if name == "dbname" else name): value for name, value in address.items()}
        conn = await asyncpg.connect(**{name: value for name, value in renamed.items() if name != "sslmode"})
        return conn, AsyncpgDriver(conn)

    async def by_psycopg() -> tuple[Any, Any]:
        conn = await psycopg.AsyncConnection.connect(**address, autocommit=True)
        return conn, PsycopgDriver(conn)

    @asynccontextmanager
    async def connected() -> Any:
        conn, made = await {"asyncpg": by_asyncpg, "psycopg": by_psycopg}[driver]()
        try:
            yield PgQueuer(made), Queries(made)
        finally:
            await conn.close()

    return connected()


def procrastinate(count: int) -> Callable[[House], Any]:
    """procrastinate's async worker in this process, ten jobs at once, to the end of its queue."""

    @contextmanager
    def opened(house: House) -> Iterator[Go]:
        from procrastinate import App, PsycopgConnector

        address = house.address("procrastinate")

        async def once(first: bool = False) -> float:
            done = 0
            app = App(connector=PsycopgConnector(kwargs=address))

            @app.task(name="add")
            async def add(a: int, b: int) -> None:
                nonlocal done
                done += a + b == 3

            async with app.open_async():
                if first:
                    await app.schema_manager.apply_schema_async()
                    return 1.0
                await add.batch_defer_async(*({"a": 1, "b": 2} for _ in range(count)))
                await app.run_worker_async(wait=False, concurrency=10, install_signal_handlers=False)
            assert done == count, (done, count)
            return float(count)

        asyncio.run(once(first=True))
        yield rate(lambda: asyncio.run(once()))

    return opened
