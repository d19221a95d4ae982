"""The audit trail: who did what to which tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg.rows import class_row

from ..db.source import Connection
from ..db.statements import statements

_SQL: Final = statements(__name__)


@dataclass(frozen=True, slots=True)
class EventRow:
    """One act of somebody: `selection`, `before` and `after` are JSON texts."""

    id: int
    at: datetime
    who: str
    action: str
    selection: str
    before: str | None
    after: str | None


def begin(conn: Connection, texts: Mapping[str, str]) -> int:
    """Enter an act: `action`, `selection`, `before` and `after`; returns its number."""
    row = conn.execute(_SQL["begin"], texts).fetchone()
    assert row
    return int(row[0])


def go_on(conn: Connection, event: int, texts: Mapping[str, str]) -> None:
    """The act went on: `before` and `after` as they are now."""
    conn.execute(_SQL["go_on"], {"id": event, **texts})


def latest(conn: Connection, limit: int | None, who: str | None = None) -> list[EventRow]:
    """The latest acts, of one role or of all, newest first; all without a limit."""
    with conn.cursor(row_factory=class_row(EventRow)) as cursor:
        return cursor.execute(_SQL["latest"], {"limit": limit, "who": who}).fetchall()
