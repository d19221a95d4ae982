"""Stopping tasks: whom it would hit, and the act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from psycopg.rows import class_row

from ..db.source import Connection
from ..db.statements import statements
from ..states import ACTIVE_STATES, COMPLETE_STATES, State

_SQL: Final = statements(__name__)


@dataclass(frozen=True, slots=True)
class Killed:
    """What a kill did to a task: `before` None where it ended because of another; `worker` has to act on a run."""

    id: int
    before: State | None
    state: State
    worker: int | None

    @property
    def touched(self) -> bool:
        """Whether anything became of it: it ended, or its run gets the signal."""
        return self.worker is not None or self.state != self.before


@dataclass(frozen=True, slots=True)
class Target:
    """A task that a kill would hit; `cpu_seconds`, for which its cpus were reserved, would be lost with it."""

    id: int
    name: str
    state: str
    worker: str | None
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Preview:
    """What a kill would do: its targets, and how many others could not succeed any more."""

    targets: tuple[Target, ...]
    dependents: int

    def hit(self, *, ends: bool) -> tuple[Target, ...]:
        """Those that a signal would do something to: one that `ends` tasks to all that are not complete."""
        return tuple(each for each in self.targets if _is_hit(State(each.state), ends=ends))


def _is_hit(state: State, *, ends: bool) -> bool:
    return state not in COMPLETE_STATES if ends else state in ACTIVE_STATES


def reach(conn: Connection, ids: Sequence[int], *, dependencies: bool, dependents: bool) -> list[int]:
    """The tasks `ids`, with what they need and is not complete, and with what needs them, at any distance."""
    parameters = {"ids": list(ids), "dependencies": dependencies, "dependents": dependents}
    return [row[0] for row in conn.execute(_SQL["reach"], parameters)]


def preview(conn: Connection, ids: Sequence[int]) -> Preview:
    """What the end of tasks would do."""
    with conn.cursor(row_factory=class_row(Target)) as cursor:
        targets = cursor.execute(_SQL["targets"], {"ids": list(ids)}).fetchall()
    return Preview(tuple(targets), fallout(conn, ids))


def fallout(conn: Connection, ids: Sequence[int]) -> int:
    """How many other tasks could not succeed any more, were these stopped."""
    row = conn.execute(_SQL["fallout"], {"ids": list(ids)}).fetchone()
    assert row
    return int(row[0])


def waiting(conn: Connection, ids: Sequence[int]) -> list[int]:
    """Those of the ids whose tasks have not begun; they do not before the transaction ends."""
    return [row[0] for row in conn.execute(_SQL["waiting"], {"ids": list(ids)})]


def kill(conn: Connection, ids: Sequence[int], signal: int, grace: float | None, *, ends: bool) -> list[Killed]:
    """Signal runs; where it `ends` tasks, those that wait are cancelled. SIGKILL follows after `grace` seconds."""
    found = conn.execute(_SQL["kill"], {"ids": list(ids), "signal": signal, "grace": grace, "ends": ends})
    return [Killed(row[0], row[1] and State(row[1]), State(row[2]), row[3]) for row in found]
