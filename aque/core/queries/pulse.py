"""How a broker went of late: ends, waits and load, in steps of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

from psycopg.rows import class_row

from ..db.source import Connection
from ..db.statements import statements

_SQL: Final = statements(__name__)


@dataclass(frozen=True, slots=True)
class Stay:
    """Runs that began in one step and ended in another, both counted from 1970.

    `wait`: seconds from submission to start, of all together. `at_end` and `at_begin`: seconds that they ran in the
    last step and in the first, if that is another; `cpu_`: times their cpus. `cpus`: of all together.
    """

    ended: int
    began: int
    success: int
    failed: int
    wait: float
    runs: int
    cpus: float
    at_end: float
    at_begin: float
    cpu_at_end: float
    cpu_at_begin: float


class Use(NamedTuple):
    """A limit that is set, and how much of it is in use."""

    name: str
    size: int
    used: int


def rates(conn: Connection, first: int, until: datetime, step: float) -> dict[int, int]:
    """How many runs ended in each step from `first` on, of those in which any did."""
    parameters = {"since": moment(first, step), "until": until, "step": step}
    return dict(conn.execute(_SQL["rates"], parameters).fetchall())


def ends(conn: Connection, span: tuple[int, int], until: datetime, step: float, first: int) -> list[Stay]:
    """What ended from step span[0] to before span[1], and before `until`; what began before `first` did so then."""
    low, high = (moment(each, step) for each in span)
    parameters = {"since": low, "until": min(until, high), "step": step, "first": first}
    with conn.cursor(row_factory=class_row(Stay)) as cursor:
        return cursor.execute(_SQL["ends"], parameters).fetchall()


def runs(conn: Connection, until: datetime, step: float, first: int) -> list[Stay]:
    """What runs, as if it ended now."""
    with conn.cursor(row_factory=class_row(Stay)) as cursor:
        return cursor.execute(_SQL["runs"], {"until": until, "step": step, "first": first}).fetchall()


def limits(conn: Connection) -> list[Use]:
    """How much of each limit that is set is in use; what waits for them is not looked at."""
    return [Use(*row) for row in conn.execute(_SQL["limits"])]


def moment(index: int, step: float) -> datetime:
    """When a step begins."""
    return datetime.fromtimestamp(index * step, UTC)
