"""Statements that store new tasks, and those that tell others of changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg.rows import dict_row

from ..db.source import Connection
from ..db.statements import statements
from ..errors import TaskNotFound
from ..states import State
from ..units import Cpus

_SQL: Final = statements(__name__)
_PAYLOAD: Final = 7000  # bytes; PostgreSQL takes 8,000


@dataclass(frozen=True, slots=True)
class Change:
    """A task and the state that it has now."""

    id: int
    state: State


def next_ids(conn: Connection, count: int) -> list[int]:
    """New ids of tasks, in ascending order."""
    return [row[0] for row in conn.execute(_SQL["next_ids"], {"count": count})]


def keep_environ(conn: Connection, variables: Mapping[str, str]) -> int:
    """The id of a stored environment; stored now if there is none like it."""
    text = json.dumps(dict(sorted(variables.items())))
    row = conn.execute(
        _SQL["keep_environ"], {"digest": hashlib.sha256(text.encode()).digest(), "vars": text}
    ).fetchone()
    assert row
    return int(row[0])


def submit(conn: Connection, rows: Sequence[Mapping[str, Any]], edges: Sequence[Mapping[str, Any]]) -> list[Change]:
    """Store tasks and edges; raises DependencyResolutionError where an edge leads nowhere."""
    found = conn.execute(_SQL["submit"], {"rows": json.dumps(rows), "edges": json.dumps(edges)})
    return changes(found)


def changes(rows: Iterable[tuple[Any, ...]]) -> list[Change]:
    """Rows of id and state; the empty row, which only says that some became ready, is left out."""
    return [Change(row[0], State(row[1])) for row in rows if row[0] is not None]


def inheritance(conn: Connection, parent: int) -> dict[str, Any]:
    """The fields that children of a task take over; raises TaskNotFound."""
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_SQL["inheritance"], {"id": parent}).fetchone()
    if row is None:
        raise TaskNotFound(f"no such task: {parent}")
    environ = row.pop("environ")
    share = row.pop("cpu_share")
    return {**row, "cpus": Cpus(row["cpus"], share), "environ": json.loads(environ) if environ else None}


def wake(conn: Connection) -> None:
    """Tell idle workers that there is work."""
    conn.execute(_SQL["wake"])


def announce(conn: Connection, changed: Iterable[Change]) -> None:
    """Tell everybody who listens what became of tasks. Call it outside of the transaction that changed them."""
    by_state: dict[State, list[int]] = {}
    for change in changed:
        by_state.setdefault(change.state, []).append(change.id)
    if payloads := [text for state, ids in by_state.items() for text in _payloads(state, ids)]:
        conn.execute(_SQL["announce"], {"payloads": payloads})


def request(conn: Connection, workers: Iterable[int]) -> None:
    """Ask workers to look at what is asked of their tasks."""
    if payloads := sorted({str(worker) for worker in workers}):
        conn.execute(_SQL["request"], {"payloads": payloads})


def _payloads(state: State, ids: Iterable[int]) -> Iterator[str]:
    """`success 3,7-19`: as many texts as the ids need."""
    text = ""
    for low, high in _ranges(sorted(ids)):
        part = f"{low}-{high}" if high > low else str(low)
        if text and len(text) + len(part) > _PAYLOAD:
            yield f"{state} {text}"
            text = ""
        text = f"{text},{part}" if text else part
    if text:
        yield f"{state} {text}"


def _ranges(ids: Sequence[int]) -> Iterator[tuple[int, int]]:
    start = last = ids[0]
    for each in ids[1:]:
        if each > last + 1:
            yield start, last
            start = each
        last = each
    yield start, last


def read_payload(payload: str) -> tuple[State, list[range]]:
    """What `announce` said: a state and the ranges of ids that are in it now."""
    state, _, text = payload.partition(" ")
    spans = [part.partition("-") for part in text.split(",")]
    return State(state), [range(int(low), int(high or low) + 1) for low, _, high in spans]
