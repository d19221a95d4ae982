"""Why a task does not run now, as far as the task itself tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ..rows import TaskRow
from ..states import State


@dataclass(frozen=True)
class Reason:
    """One reason; the column `reason` of queries/listing.sql says the same in SQL."""

    name: str
    meaning: str
    holds: Callable[[TaskRow], bool]


def _waits(row: TaskRow) -> bool:
    return row.state in (State.PENDING, State.PAUSED)


REASONS: Final = (
    Reason("dependencies", "it needs tasks that are not complete", lambda row: _waits(row) and _open_needs(row) > 0),
    Reason("time", "its time has not come", lambda row: _waits(row) and row.run_at is not None),
    Reason("paused", "someone holds it back", lambda row: row.state == State.PAUSED),
)


def _open_needs(row: TaskRow) -> int:
    return row.blockers - (row.run_at is not None)


def reasons(row: TaskRow) -> list[str]:
    """The names of all reasons that hold; empty where a worker may take it, has taken it, or it is complete."""
    return [reason.name for reason in REASONS if reason.holds(row)]
