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
    has failed; `key`, its key is in use; `needed`, others need it; `changed`, it has other values by now.
    `old` and `new`: JSON texts of its values before and now, where these are not its states.
    """

    id: int
    before: State
    state: State | None
    refusal: str | None
    old: str | None = None
    new: str | None = None


def retry(conn: Connection, ids: Sequence[int], *, dry: bool) -> list[Steered]:
    """Make complete tasks pending again, with those that ended without a run because of them: these come as well."""
    return _steer(conn, _SQL["retry"], ids, dry)


def move(conn: Connection, ids: Sequence[int], origin: State, goal: State, *, dry: bool) -> list[Steered]:
    """From pending to paused, or back."""
    return _steer(conn, _SQL["move"], ids, dry, origin=origin, goal=goal)


def prioritise(
    conn: Connection,
    ids: Sequence[int],
    amount: int,
    *,
    is_relative: bool,
    dry: bool,
    expected: int | None = None,
) -> list[Steered]:
    """Set priorities, or move them by an amount, within 32 bits; of those alone that have the `expected` one."""
    bounded = max(-_FARTHEST, min(_FARTHEST, amount))
    return _steer(conn, _SQL["prioritise"], ids, dry, amount=bounded, is_relative=is_relative, expected=expected)


def edit(
    conn: Connection,
    ids: Sequence[int],
    changes: Mapping[str, Any],
    *,
    dry: bool,
    expected: Mapping[str, Any] | None = None,
) -> list[Steered]:
    """Give columns of tasks that have not begun other values (in their JSON forms), where they have the `expected`."""
    told = None if expected is None else json.dumps(expected)
    return _steer(conn, _SQL["edit"], ids, dry, changes=json.dumps(changes), expected=told)


def revive(conn: Connection, ids: Sequence[int], origins: Sequence[State], *, dry: bool) -> list[Steered]:
    """Revive those that are still killed, or cancelled, as `origins` has it; with those that fell with them."""
    return _steer(conn, _SQL["revive"], ids, dry, origins=list(origins))


def cancel(conn: Connection, ids: Sequence[int], origins: Sequence[State], *, dry: bool) -> list[Steered]:
    """Cancel those that are still pending, or paused, as `origins` has it; with those that need them."""
    return _steer(conn, _SQL["cancel"], ids, dry, origins=list(origins))


def remove(conn: Connection, ids: Sequence[int], *, dry: bool) -> list[Steered]:
    """Remove complete tasks, with all that belongs to them."""
    return _steer(conn, _SQL["remove"], ids, dry)


def guard(conn: Connection, ids: Sequence[int]) -> None:
    """Raise PermissionDenied where one of some tasks is not this role's to change."""
    conn.execute(_SQL["guard"], {"ids": list(ids)})


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
    return [Steered(row[0], State(row[1]), row[2] and State(row[2]), row[3], row[4], row[5]) for row in rows]
