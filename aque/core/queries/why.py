"""Statements that gather why tasks do not run, and what became of the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

from psycopg.rows import class_row

from ..db.source import Connection
from ..db.statements import statements
from ..states import COMPLETE_STATES
from . import limits
from .case import Case, End, Host, Match, Place, Task
from .keeping import keeps
from .needs import needs

_SQL: Final = statements(__name__)


def cases(conn: Connection, ids: Sequence[int], most: int) -> list[Case]:
    """The cases of tasks, in the order of their ids as given; those that are gone are left out.

    What stands before a task is counted up to `most`.
    """
    found = {task.id: task for task in _rows(conn, "tasks", Task, ids=list(ids))}
    tasks = [found[each] for each in ids if each in found]
    waiting = [task for task in tasks if task.is_waiting]
    farm = _Farm(conn, waiting, most) if waiting else None
    ended = [task.id for task in tasks if task.state in COMPLETE_STATES]
    ends = _grouped(_rows(conn, "ends", End, ids=ended) if ended else ())
    return [
        farm.case(task) if farm and task.is_waiting else Case(task, ends=tuple(ends.get(task.id, ()))) for task in tasks
    ]


class _Farm:
    """What tasks wait for."""

    def __init__(self, conn: Connection, waiting: Sequence[Task], most: int) -> None:
        self.most = most
        blocked = [task.id for task in waiting if task.needs_open > 0]
        self.needs = _grouped(needs(conn, blocked) if blocked else ())
        self.workers = {each.id: each for each in _rows(conn, "workers", Host)}
        self.keeps = keeps(conn)
        shapes, memories = zip(*{task.demand for task in waiting}, strict=True)
        matches = _rows(conn, "demands", Match, shapes=list(shapes), memories=list(memories))
        self.matches = {each.demand: each for each in matches}
        ready = [task.id for task in waiting if task.is_ready]
        line = _rows(conn, "line", Place, ids=ready, most=most) if ready and self.workers else ()
        self.places = {each.id: each for each in line}
        named = {name for task in waiting for name in task.limits}
        self.limits = limits.standing(conn, named) if named else {}

    def case(self, task: Task) -> Case:
        match = self.matches.get(task.demand)
        return Case(
            task,
            tuple(self.needs.get(task.id, ())),
            tuple(self.workers.values()),
            tuple(self.workers[each] for each in match.able if each in self.workers) if match else (),
            match,
            self.places.get(task.id),
            self.most,
            limits=tuple(self.limits[name] for name in task.limits),
            keeps=self.keeps,
        )


class _Told(Protocol):
    @property
    def dependent(self) -> int: ...


Row = TypeVar("Row")
Dependent = TypeVar("Dependent", bound=_Told)


def _rows(conn: Connection, name: str, kind: type[Row], **parameters: Any) -> list[Row]:
    with conn.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute(_SQL[name], parameters).fetchall()


def _grouped(rows: Iterable[Dependent]) -> Mapping[int, list[Dependent]]:
    found: dict[int, list[Dependent]] = {}
    for row in rows:
        found.setdefault(row.dependent, []).append(row)
    return found
