"""The output of one attempt, read in either direction from any place; see aque.core.queries.output for many tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString, Protocol

from psycopg.rows import class_row

from ..db.source import Connection
from ..db.statements import statements
from .output import GAP, STREAMS, OutputPiece

_SQL: Final = statements(__name__)


@dataclass(frozen=True, slots=True)
class TimedPiece(OutputPiece):
    """A piece, and when the server took it."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Extent:
    """A task's latest attempt, the task's state, and how many pieces that attempt wrote."""

    attempt: int
    state: str
    pieces: int


class Query(Protocol):
    """Reads at most `limit` pieces of an attempt, of some streams, from number `seq` on or before it, in order."""

    def __call__(
        self, conn: Connection, task: int, attempt: int, seq: int, limit: int, streams: Sequence[int] = ...
    ) -> list[TimedPiece]: ...


ALL: Final = (GAP, *STREAMS)


def extent(conn: Connection, task: int) -> Extent | None:
    """How much there is to read; None for a task that is gone."""
    row = conn.execute(_SQL["extent"], {"id": task}).fetchone()
    return Extent(*row) if row else None


def forwards(
    conn: Connection, task: int, attempt: int, seq: int, limit: int, streams: Sequence[int] = ALL
) -> list[TimedPiece]:
    """At most `limit` pieces from number `seq` on, in order."""
    return _pieces(conn, _SQL["forwards"], task, attempt, seq, limit, streams)


def backwards(
    conn: Connection, task: int, attempt: int, seq: int, limit: int, streams: Sequence[int] = ALL
) -> list[TimedPiece]:
    """The last `limit` pieces at most before number `seq`, in order."""
    return _pieces(conn, _SQL["backwards"], task, attempt, seq, limit, streams)[::-1]


def _pieces(
    conn: Connection,
    statement: LiteralString,
    task: int,
    attempt: int,
    seq: int,
    limit: int,
    streams: Sequence[int],
) -> list[TimedPiece]:
    parameters = {"id": task, "attempt": attempt, "seq": seq, "limit": limit, "streams": list(streams)}
    with conn.cursor(row_factory=class_row(TimedPiece), binary=True) as cursor:
        return cursor.execute(statement, parameters).fetchall()
