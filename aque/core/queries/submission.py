"""Statements that tell others of changes, and what children take over from their parents."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

from psycopg.rows import dict_row

from ..db.source import Connection
from ..db.statements import statements
from ..errors import TaskNotFound
from ..states import State
from ..units import Cpus
from . import arrays

_SQL: Final = statements(__name__)
Span: TypeAlias = tuple[int, int]
FEW: Final = 50
"""Tasks of which it is worth a look who could run them."""
Ready: TypeAlias = Set[int | None]
"""Tasks that may be run now, by their ids; None among them: any tasks."""
ANY: Final[Ready] = frozenset({None})
_STATES: Final = {str(state): state for state in State}
_PAYLOAD: Final = 7000  # bytes; PostgreSQL takes 8,000


class Change(NamedTuple):  # made by the thousand
    """A task and the state that it has now."""

    id: int
    state: State


@dataclass(frozen=True, slots=True)
class News:
    """New tasks: the ranges of ids by the state that they are in."""

    spans: Mapping[State, Sequence[Span]]

    def parameters(self) -> dict[str, str | None]:
        """What those who listen are told, and the tasks, if they are few, that workers may wait for."""
        told = [text for state, found in self.spans.items() for text in _payloads(state, found)]
        new = [range(low, high + 1) for found in self.spans.values() for low, high in found]
        tasks = arrays.plain(itertools.chain(*new)) if sum(map(len, new)) <= FEW else None
        return {"payloads": arrays.texts(told), "news": tasks}


def changes(rows: Iterable[tuple[Any, ...]]) -> list[Change]:
    """Rows of id and state; those of no state, which only say what may be run now, are left out."""
    return [Change(row[0], _STATES[row[1]]) for row in rows if row[1] is not None]


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
    announce(conn, (), ANY)


def announce(conn: Connection, changed: Iterable[Change], ready: Ready = frozenset()) -> None:
    """Tell everybody who listens what became of tasks, and idle workers what may be run now; in one round trip.

    Call it outside of the transaction that changed them.
    """
    told = payloads(changed)
    if told or ready:
        news = None if None in ready or len(ready) > FEW else arrays.plain(ready)
        conn.execute(_SQL["announce"], {"payloads": arrays.texts(told), "news": news})


def announce_new(conn: Connection, news: News) -> None:
    """Tell everybody who listens of new tasks, and idle workers that could run them; in one round trip."""
    conn.execute(_SQL["announce"], news.parameters())


def payloads(changed: Iterable[Change]) -> list[str]:
    """What is told of changes, in as many texts as they need."""
    by_state: dict[State, list[int]] = {}
    for change in changed:
        by_state.setdefault(change.state, []).append(change.id)
    return [text for state, ids in by_state.items() for text in _payloads(state, spans(sorted(ids)))]


def request(conn: Connection, workers: Iterable[int]) -> None:
    """Ask workers to look at what is asked of their tasks."""
    if told := sorted({str(worker) for worker in workers}):
        conn.execute(_SQL["request"], {"payloads": told})


def _payloads(state: State, found: Iterable[Span]) -> Iterator[str]:
    """`success 3,7-19`: as many texts as the ids need."""
    text = ""
    for low, high in found:
        part = f"{low}-{high}" if high > low else str(low)
        if text and len(text) + len(part) > _PAYLOAD:
            yield f"{state} {text}"
            text = ""
        text = f"{text},{part}" if text else part
    if text:
        yield f"{state} {text}"


def spans(ids: Iterable[int]) -> Iterator[Span]:
    """Ascending ids as ranges, first and last."""
    start = last = -1
    for each in ids:
        if each > last + 1:
            if last >= 0:
                yield start, last
            start = each
        last = each
    if last >= 0:
        yield start, last


def read_payload(payload: str) -> tuple[State, list[range]]:
    """What `announce` said: a state and the ranges of ids that are in it now."""
    state, _, text = payload.partition(" ")
    spans = [part.partition("-") for part in text.split(",")]
    return State(state), [range(int(low), int(high or low) + 1) for low, _, high in spans]
