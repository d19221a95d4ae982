"""What workers keep free for tasks that do not fit yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from psycopg.rows import class_row

from ..db.source import Connection
from ..db.statements import statements

_SQL: Final = statements(__name__)
_ERROR: Final = 1e-4  # cpus that are lost or won where reals are divided


@dataclass(frozen=True, slots=True)
class Keep:
    """A worker that makes room for a task; `seconds` None: nothing is kept from others, for it has room already.

    What comes behind that task may go first where it ends within `seconds`, or needs no more than `cpus` and `memory`.
    """

    worker_id: int
    task_id: int
    priority: int
    duration: float
    seconds: float | None
    cpus: float | None
    memory: int | None
    rank: int

    def lets(self, order: tuple[float, ...], duration: float | None, cpus: float, memory: int) -> bool:
        """Whether a task at a place in the order (the smallest is first) may go now. `duration` None: unknown."""
        if self.seconds is None or order <= (-self.priority, -self.duration, self.rank, self.task_id):
            return True
        is_brief = duration is not None and duration <= self.seconds
        return is_brief or (cpus <= (self.cpus or 0) + _ERROR and memory <= (self.memory or 0))


def keeps(conn: Connection) -> dict[int, Keep]:
    """What is kept, by the ids of the workers."""
    with conn.cursor(row_factory=class_row(Keep)) as cursor:
        return {each.worker_id: each for each in cursor.execute(_SQL["keeps"])}
