"""Verbs that change tasks, a bounded number of them at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, LiteralString

from ..db.source import Connection
from ..db.statements import statements
from ..states import State

_SQL: Final = statements(__name__)
_FARTHEST: Final = 2**33  # beyond it all priorities are at the end of their range


@dataclass(frozen=True, slots=True)
class Steered:
    """What a verb did to a task: its state before and now (None: it is gone).

    `refusal` is None where it was done, else what was against it: `state`, the state it is in; `needs`, what it needs
    has failed; `key`, its key is in use; `needed`, others need it. `old`: a JSON text of the values before.
    """

    id: int
    before: State
    state: State | None
    refusal: str | None
    old: str | None = None


def retry(conn: Connection, ids: Sequence[int], *, dry: bool) -> list[Steered]:
    """Make complete tasks pending again, with those that ended without a run because of them: these come as well."""
    return _steer(conn, _SQL["retry"], ids, dry)


def move(conn: Connection, ids: Sequence[int], origin: State, goal: State, *, dry: bool) -> list[Steered]:
    """From pending to paused, or back."""
    return _steer(conn, _SQL["move"], ids, dry, origin=origin, goal=goal)


def prioritise(conn: Connection, ids: Sequence[int], amount: int, *, is_relative: bool, dry: bool) -> list[Steered]:
    """Set priorities, or move them by an amount, within 32 bits."""
    bounded = max(-_FARTHEST, min(_FARTHEST, amount))
    return _steer(conn, _SQL["prioritise"], ids, dry, amount=bounded, is_relative=is_relative)


def edit(conn: Connection, ids: Sequence[int], changes: Mapping[str, Any], *, dry: bool) -> list[Steered]:
    """Give columns of tasks that have not begun other values (in their JSON forms)."""
    return _steer(conn, _SQL["edit"], ids, dry, changes=json.dumps(changes))


def remove(conn: Connection, ids: Sequence[int], *, dry: bool) -> list[Steered]:
    """Remove complete tasks, with all that belongs to them."""
    return _steer(conn, _SQL["remove"], ids, dry)


def is_paused(conn: Connection, name: str) -> bool:
    """Whether a queue is paused."""
    row = conn.execute(_SQL["is_paused"], {"name": name}).fetchone()
    return bool(row and row[0])


def others(conn: Connection, ids: Sequence[int], user: str) -> int:
    """How many of some tasks run as another account."""
    row = conn.execute(_SQL["others"], {"ids": list(ids), "user": user}).fetchone()
    assert row
    return int(row[0])


def _steer(conn: Connection, statement: LiteralString, ids: Sequence[int], dry: bool, **given: Any) -> list[Steered]:
    rows = conn.execute(statement, {"ids": list(ids), "dry": dry, **given})
    return [Steered(row[0], State(row[1]), row[2] and State(row[2]), row[3], row[4]) for row in rows]
