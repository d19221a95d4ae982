"""The audit trail: who did what to which tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from psycopg.rows import class_row

from ..db.source import Connection
from ..db.statements import statements

_SQL: Final = statements(__name__)


@dataclass(frozen=True, slots=True)
class EventRow:
    """One act of somebody: `selection`, `before` and `after` are JSON texts; `undone_by`: the act that took it back."""

    id: int
    at: datetime
    who: str
    action: str
    tasks: int
    selection: str
    before: str | None
    after: str | None
    undone_by: int | None


class Part(NamedTuple):
    """Some tasks that an act changed: JSON texts of their values by field, before and since."""

    before: str
    after: str
    ids: list[int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which acts: `since` the server's time, those `after` an id; None leaves a side open."""

    since: datetime | None = None
    who: str | None = None
    actions: tuple[str, ...] | None = None
    after: int | None = None
    id: int | None = None


ALL: Final = Wanted()


def begin(conn: Connection, values: Mapping[str, Any]) -> int:
    """Enter an act: `action`, `selection`, `before` and `after` (JSON texts), `tasks`; returns its number."""
    row = conn.execute(_SQL["begin"], values).fetchone()
    assert row
    return int(row[0])


def go_on(conn: Connection, event: int, values: Mapping[str, Any]) -> None:
    """The act went on: `before`, `after` and `tasks` as they are now."""
    conn.execute(_SQL["go_on"], {"id": event, **values})


def add_parts(conn: Connection, event: int, parts: Sequence[Part]) -> None:
    """Enter tasks that an act changed."""
    ids = [",".join(map(str, part.ids)) for part in parts]
    values = {"befores": [part.before for part in parts], "afters": [part.after for part in parts], "ids": ids}
    conn.execute(_SQL["add_parts"], {"event": event, **values})


def parts(conn: Connection, event: int) -> list[Part]:
    """All tasks that an act changed; those of the same values together."""
    return [Part(*row) for row in conn.execute(_SQL["parts"], {"event": event})]


def latest(conn: Connection, limit: int | None, wanted: Wanted = ALL) -> list[EventRow]:
    """The latest acts, newest first; all without a limit."""
    parameters = {**asdict(wanted), "limit": limit}
    parameters["actions"] = None if wanted.actions is None else list(wanted.actions)
    with conn.cursor(row_factory=class_row(EventRow)) as cursor:
        return cursor.execute(_SQL["latest"], parameters).fetchall()


def undoable(conn: Connection, limit: int, *, own: bool) -> list[EventRow]:
    """The latest acts that are no undo and were not undone, newest first; `own`: of this session's role alone."""
    with conn.cursor(row_factory=class_row(EventRow)) as cursor:
        return cursor.execute(_SQL["undoable"], {"limit": limit, "own": own}).fetchall()


def numbers(conn: Connection, limit: int) -> list[int]:
    """The numbers of the latest acts, ascending."""
    return [row[0] for row in conn.execute(_SQL["numbers"], {"limit": limit})]


class Standing(NamedTuple):
    """What changes of an act: how many tasks it changed so far, and the act that took it back."""

    tasks: int
    undone_by: int | None


def standing(conn: Connection, ids: Sequence[int]) -> dict[int, Standing]:
    """How some acts stand by now."""
    return {id: Standing(*rest) for id, *rest in conn.execute(_SQL["stands"], {"ids": list(ids)})}


def some(conn: Connection, ids: Sequence[int]) -> list[EventRow]:
    """Acts of these numbers, in any order."""
    with conn.cursor(row_factory=class_row(EventRow)) as cursor:
        return cursor.execute(_SQL["some"], {"ids": list(ids)}).fetchall()


def mark(conn: Connection, event: int, by: int | None) -> None:
    """An act was taken back by another; None: it is in effect."""
    conn.execute(_SQL["mark"], {"id": event, "by": by})
