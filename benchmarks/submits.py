"""A million tasks in one go, beside a bare COPY of the same bytes."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from psycopg import Copy

from aque.core.task import local_defaults

from .__main__ import Asked
from .house import House
from .peers.timing import rate
from .report import Table
from .rounds import Contestant, Go, compete

_KEYS: Final = {"spec": "task_id", "task": "id"}


def measure(house: House, asked: Asked) -> Iterator[Table]:
    """Tasks a second, end to end, that is with all that the client does, and committed."""
    count = asked.count(1_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    contestants = [
        Contestant("COPY into tables with a primary key", _copy("bare", count)),
        Contestant("COPY into tables with all of aque's indexes", _copy("indexed", count)),
        Contestant("aque, submit of an iterator", _submit(count)),
    ]
    title, unit = f"{count:,} tasks stored", "tasks a second, more is better"
    note = "COPY gets the rows that aque stored, of both its tables, as a text that is ready; one transaction each."
    table = compete(house, title, unit, contestants, min(asked.rounds, 3), note)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    yield Table(table.title, table.unit, table.lines, table.load, f"{note} The client grew by {grown:,.0f} MB at most.")


def _submit(count: int) -> Callable[[House], Any]:
    @contextmanager
    def opened(house: House) -> Iterator[Go]:
        _truncate(house)
        yield rate(lambda: _store(house, count))

    return opened


def _store(house: House, count: int) -> float:
    given = ({"func": "builtins:abs", "args": [n]} for n in range(count))
    return len(house.broker.submit(given, {**local_defaults(), "queue": "default"}))


def _copy(kind: str, count: int) -> Callable[[House], Any]:
    """The rows that aque stored, from files."""

    @contextmanager
    def opened(house: House) -> Iterator[Go]:
        _write(house, count)
        with house.broker.database.source.connect() as conn:
            conn.execute("set statement_timeout = 0")
            for table, key in _KEYS.items():
                conn.execute(f"drop table if exists public.{table}".encode())
                like = {"bare": "including defaults", "indexed": "including all"}[kind]
                conn.execute(f"create table public.{table} (like aque.{table} {like})".encode())
                if kind == "bare":
                    conn.execute(f"alter table public.{table} add primary key ({key})".encode())

            def go() -> float:
                with conn.transaction():
                    for table in _KEYS:
                        with conn.cursor().copy(f"copy public.{table} from stdin".encode()) as into:
                            _send(house.folder / table, into)
                return float(count)

            yield rate(go)
            conn.execute("drop table public.spec, public.task")

    return opened


def _write(house: House, count: int) -> None:
    """The files, unless they are there."""
    if (house.folder / "task").exists():
        return
    _truncate(house)
    _store(house, count)
    with house.broker.database.source.connect() as conn:
        for table in _KEYS:
            with (
                (house.folder / table).open("wb") as file,
                conn.cursor().copy(f"copy aque.{table} to stdout".encode()) as out,
            ):
                file.writelines(out)
    _truncate(house)


def _send(path: Path, into: Copy) -> None:
    with path.open("rb") as file:
        while piece := file.read(1 << 18):
            into.write(piece)


def _truncate(house: House) -> None:
    with house.broker.database.source.connect() as conn:
        conn.execute("truncate aque.task, aque.spec, aque.attempt, aque.result, aque.dependency")
        conn.commit()
