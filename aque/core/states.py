"""The states of a task and the moves between them that are legal."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from .errors import IllegalMove


class State(StrEnum):
    """Where a task stands."""

    CREATING = "creating"
    """Being submitted: its fields are not all stored yet."""
    PENDING = "pending"
    """To be run as soon as nothing stands in its way."""
    PAUSED = "paused"
    """Held back by someone until resumed."""
    RUNNING = "running"
    """Captured by a worker."""
    SUCCESS = "success"
    ERROR = "error"
    KILLED = "killed"
    """Stopped while it ran."""
    CANCELLED = "cancelled"
    """Stopped before it ran."""


READY_STATES: Final = frozenset({State.PENDING})
UNREADY_STATES: Final = frozenset({State.CREATING, State.PAUSED})
ACTIVE_STATES: Final = frozenset({State.RUNNING})
COMPLETE_STATES: Final = frozenset({State.SUCCESS, State.ERROR, State.KILLED, State.CANCELLED})
FAILED_STATES: Final = COMPLETE_STATES - {State.SUCCESS}

MOVES: Final[dict[State, frozenset[State]]] = {
    State.CREATING: frozenset({State.PENDING, State.PAUSED, State.CANCELLED}),
    # error: what it depends on failed; running again: a retry
    State.PENDING: frozenset({State.RUNNING, State.PAUSED, State.CANCELLED, State.ERROR}),
    State.PAUSED: frozenset({State.PENDING, State.CANCELLED, State.ERROR}),
    # pending: released, retried or rescued from a dead worker
    State.RUNNING: frozenset({State.SUCCESS, State.ERROR, State.KILLED, State.PENDING}),
    State.SUCCESS: frozenset({State.PENDING}),
    State.ERROR: frozenset({State.PENDING}),
    State.KILLED: frozenset({State.PENDING}),
    State.CANCELLED: frozenset({State.PENDING}),
}
"""The legal moves. A task that is complete can only be retried."""


def check_move(old: State, new: State) -> None:
    """Raise IllegalMove unless a task may go from `old` to `new`."""
    if new not in MOVES[old]:
        raise IllegalMove(f"a task that is {old} cannot become {new}")
