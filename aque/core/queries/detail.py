"""All that is known of some tasks: five statements, whatever their number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from ..db.source import Connection
from ..db.statements import statements
from ..details import Asked, Attempt, Detail, Link
from . import listing

_SQL: Final = statements(__name__)
Row = TypeVar("Row")


def detail(conn: Connection, ids: Sequence[int], now: datetime, *, environ: bool = False) -> list[Detail]:
    """Tasks in the order of these ids; those that are gone are left out. `environ`: with the values of variables.

    `now`: the server's time.
    """
    rows = {row.id: row for row in listing.rows(conn, ids, now)}
    asked = _by_task(conn, "asked", Asked, ids, environ=environ)
    needs, needed = (_by_task(conn, name, Link, ids) for name in ("dependencies", "dependents"))
    attempts = _by_task(conn, "attempts", Attempt, ids)

    def made(task: int) -> Detail:
        links = tuple(needs.get(task, ())), tuple(needed.get(task, ()))
        return Detail(rows[task], asked[task][0], *links, tuple(attempts.get(task, ())))

    return [made(each) for each in dict.fromkeys(ids) if each in rows and each in asked]


def _by_task(
    conn: Connection, statement: str, kind: type[Row], ids: Sequence[int], **given: Any
) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for task, *values in conn.execute(_SQL[statement], {"ids": list(ids), **given}):
        found.setdefault(task, []).append(kind(*values))
    return found
