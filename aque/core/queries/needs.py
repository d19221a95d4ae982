"""What tasks need that does not let them run yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from psycopg.rows import class_row

from ..db.source import Connection
from ..db.statements import statements
from ..states import COMPLETE_STATES

_SQL: Final = statements(__name__)
_WIDTH: Final = 5  # open dependencies of a task that are named
_BOUND: Final = 1000  # dependencies that are looked through for them, from either end


@dataclass(frozen=True, slots=True)
class Need:
    """An open dependency of a task; one that is complete may be retried, and end as it should."""

    dependent: int
    id: int
    state: str
    condition: str
    otherwise: str
    is_child: bool

    @property
    def is_over(self) -> bool:
        """Whether it ended, and not as it was to."""
        return self.state in COMPLETE_STATES


def needs(conn: Connection, ids: Sequence[int]) -> list[Need]:
    """The first few open dependencies of each task."""
    parameters = {"ids": list(ids), "bound": _BOUND, "width": _WIDTH}
    with conn.cursor(row_factory=class_row(Need)) as cursor:
        return cursor.execute(_SQL["needs"], parameters).fetchall()
