"""Named limits: how many units of each there are, and how many are in use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from psycopg.rows import class_row

from ..db.source import Connection
from ..db.statements import statements
from .single import value

_SQL: Final = statements(__name__)


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A limit. `size` None: tasks name it, and nobody has set it; `waiting`: tasks still to run that name it."""

    name: str
    size: int | None
    used: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Limit:
    """How a limit stands. `holders`: the first few of the `runs` tasks that hold units of it."""

    name: str
    size: int | None
    used: int
    holders: list[int]
    runs: int

    def lacks(self, amount: int) -> bool:
        """Whether so many units are not free now."""
        return self.used + amount > (self.size or 0)

    def is_too_small(self, amount: int) -> bool:
        """Whether so many units are more than there are of it."""
        return self.size is not None and amount > self.size


def limits(conn: Connection) -> list[LimitRow]:
    """All limits that are set or named by a task that is not complete, by name."""
    with conn.cursor(row_factory=class_row(LimitRow)) as cursor:
        return cursor.execute(_SQL["limits"]).fetchall()


def unset(conn: Connection, names: Iterable[str]) -> list[str]:
    """Those of some names that nobody has set a limit for."""
    return [row[0] for row in conn.execute(_SQL["unset"], {"names": list(names)})]


def size(conn: Connection, name: str) -> int | None:
    """How many units there are of a limit, locked until the end of the transaction; None where it is not set."""
    size: int | None = value(conn, _SQL["size"], {"name": name})
    return size


def set_size(conn: Connection, name: str, size: int) -> bool:
    """Set how many units there are of a limit; whether that changed anything."""
    return conn.execute(_SQL["set"], {"name": name, "size": size}).fetchone() is not None


def remove(conn: Connection, name: str) -> int | None:
    """Let a limit be set no more; returns how many units there were, or None where it was not set."""
    size: int | None = value(conn, _SQL["remove"], {"name": name})
    return size


def restore(conn: Connection, name: str, before: Mapping[str, Any], after: Mapping[str, Any], *, dry: bool) -> bool:
    """Give a limit the size that it had before (None: it was not set), where it still has the one `after`."""
    if size(conn, name) != after["size"]:
        return False
    if not dry:
        if before["size"] is None:
            remove(conn, name)
        else:
            set_size(conn, name, before["size"])
    return True


def standing(conn: Connection, names: Iterable[str]) -> dict[str, Limit]:
    """How limits stand, by name."""
    with conn.cursor(row_factory=class_row(Limit)) as cursor:
        return {each.name: each for each in cursor.execute(_SQL["standing"], {"names": list(names)})}
