"""Statements that store new tasks."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from ..db.source import Connection
from ..db.statements import statements
from ..states import State
from . import arrays
from .submission import FEW, Change, News, changes

_SQL: Final = statements(__name__)


@dataclass(frozen=True, slots=True)
class Distinct:
    """A list in which each thing stands once, under a key."""

    things: list[Any] = field(default_factory=list)
    places: dict[Hashable, int] = field(default_factory=dict)

    def place(self, key: Hashable, make: Callable[[], Any]) -> int:
        """Where the thing of this key stands, from 1; `make` makes it where there is none."""
        if key not in self.places:
            self.things.append(make())
            self.places[key] = len(self.things)
        return self.places[key]


@dataclass(frozen=True, slots=True)
class Edges:
    """Edges of the same terms, in columns: of each the task, what it needs, and where it names that."""

    condition: str
    is_child: bool
    otherwise: str
    task_ids: list[int] = field(default_factory=list)
    needs_ids: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Batch:
    """Tasks by their ids, what kind each is of (its place in that list), its arguments; and edges.

    Kinds have fields of their own, and those of `common` else; their `demand` and `environ` are places in those lists.
    """

    common: Mapping[str, Any]
    kinds: Distinct = field(default_factory=Distinct)
    demands: Distinct = field(default_factory=Distinct)
    environs: Distinct = field(default_factory=Distinct)
    ids: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    args: list[Any] = field(default_factory=list)
    edges: dict[tuple[str, bool, str], Edges] = field(default_factory=dict)

    def edges_of(self, terms: tuple[str, bool, str]) -> Edges:
        """Those that have these terms: condition, is_child, otherwise."""
        return self.edges.get(terms) or self.edges.setdefault(terms, Edges(*terms))

    def prerequisites(self) -> dict[str, str]:
        """What must be there before the rows."""
        return {"demands": json.dumps(self.demands.things), "environs": json.dumps(self.environs.things)}

    def parameters(self) -> dict[str, str]:
        """All of it, as texts: of arrays of numbers, and JSON."""
        numbers = {
            "ids": arrays.plain(self.ids),
            "places": arrays.plain(self.places),
            "kinds": json.dumps(self.kinds.things),
        }
        edges = [_values(each) for each in self.edges.values()]
        rest = {"args": self.args, "common": self.common, "edges": edges}
        return {**numbers, **{name: json.dumps(each) for name, each in rest.items()}, **self.prerequisites()}

    def states(self) -> list[State]:
        """The states that the tasks will have."""
        holds = [kind.get("hold", self.common["hold"]) for kind in self.kinds.things]
        states = [State.PAUSED if hold else State.PENDING for hold in holds]
        return [states[place - 1] for place in self.places]


@dataclass(frozen=True, slots=True)
class Ties:
    """What ties new tasks to tasks that were there: dependents need `needs`, and each child is given to its parent."""

    dependents: list[int] = field(default_factory=list)
    needs: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    children: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.needs or self.parents)

    def parameters(self) -> dict[str, list[int]]:
        """All of it."""
        return _values(self)


def _values(of: Edges | Ties) -> dict[str, Any]:
    """The fields by name, as they are: what `dataclasses.asdict` would copy is long."""
    return {each.name: getattr(of, each.name) for each in fields(of)}


def next_ids(conn: Connection, count: int) -> list[int]:
    """New ids of tasks, in ascending order."""
    row = conn.execute(_SQL["next_ids"], {"count": count}, binary=True).fetchone()
    return row[0] if row else []


def submit(conn: Connection, batch: Batch, ties: Ties, news: News) -> list[Change]:
    """Store a whole submission, and tell others of it.

    Returns the tasks that ended at once, because what they need has failed.

    Raises DependencyResolutionError where an edge leads nowhere.
    """
    parameters = {**batch.parameters(), **ties.parameters(), **news.parameters()}
    ended, states = conn.execute(_SQL["submit"], parameters).fetchone() or ((), ())
    return changes(zip(ended, states, strict=True))


def enter(conn: Connection, batch: Batch) -> list[int]:
    """Store a whole submission of tasks that need nothing, and tell others of it.

    Returns the ids that they got, in ascending order.
    """
    parameters = {**batch.parameters(), "states": arrays.plain(batch.states()), "few": FEW}
    row = conn.execute(_SQL["enter"], parameters, binary=True).fetchone()
    return row[0] if row else []


def prepare(conn: Connection, batch: Batch) -> None:
    """Store what `store` takes for granted; apart from it, so that nobody waits for the end of a long transaction."""
    conn.execute(_SQL["prepare"], batch.prerequisites())


def store(conn: Connection, parameters: Mapping[str, str]) -> None:
    """Store a part of a submission, a batch's parameters, which `link` completes."""
    conn.execute(_SQL["store"], parameters)


def link(conn: Connection, ties: Ties) -> list[Change]:
    """Tie the stored parts to tasks that were there; returns and raises as `submit`."""
    return changes(conn.execute(_SQL["link"], ties.parameters()))
