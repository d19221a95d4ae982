"""Tasks explained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..db.source import Connection
from ..queries.case import Case
from ..queries.needs import Need
from ..queries.why import cases
from .forecast import forecast
from .reasons import REASONS
from .words import Told

_MOST: Final = 10_000  # tasks that stand before one, where they are no longer counted


@dataclass(frozen=True)
class Why:
    """Why a task does not run, or what became of it.

    `ahead`: how many ready tasks stand before it, where it stands in a line: up to a bound, then one more than that.
    `starts_in`: in about how many seconds it starts, where that can be told. `needs`: the first open dependencies.
    """

    id: int
    name: str
    state: str
    reasons: tuple[Told, ...]
    ahead: int | None
    starts_in: float | None
    needs: tuple[Need, ...] = ()

    @property
    def short(self) -> str:
        """The first reason, for a column of 30 characters."""
        return self.reasons[0].short if self.reasons else ""


def explain(conn: Connection, ids: Sequence[int], most: int = _MOST) -> list[Why]:
    """Explain tasks, in the order of their ids as given; those that are gone are left out.

    What stands before a task is counted up to `most`: fewer cost less where there are many.
    """
    return [judge(case) for case in cases(conn, ids, most)]


def judge(case: Case) -> Why:
    """All reasons that hold, in their order."""
    told = tuple(reason.tell(case) for reason in REASONS if reason.holds(case))
    ahead = case.place.ahead if case.place else None
    return Why(case.task.id, case.task.name, case.task.state, told, ahead, forecast(case), case.needs)
