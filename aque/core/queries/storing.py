"""Statements that store new tasks."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from ..db.source import Connection
from ..db.statements import statements
from .submission import Change, changes

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
class Batch:
    """Rows with what they have in common, and edges; `demand` and `environ` of a row are places in those lists."""

    common: Mapping[str, Any]
    demands: Distinct = field(default_factory=Distinct)
    environs: Distinct = field(default_factory=Distinct)
    rows: list[dict[str, Any]] = field(default_factory=list)
    edges: list[dict[str, Any]] = field(default_factory=list)

    def prerequisites(self) -> dict[str, str]:
        """What must be there before the rows."""
        return {"demands": json.dumps(self.demands.things), "environs": json.dumps(self.environs.things)}

    def parameters(self) -> dict[str, str]:
        """All of it, as JSON texts."""
        own = {name: json.dumps(getattr(self, name)) for name in ("rows", "common", "edges")}
        return {**own, **self.prerequisites()}


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
        return {each.name: getattr(self, each.name) for each in fields(self)}


def next_ids(conn: Connection, count: int) -> list[int]:
    """New ids of tasks, in ascending order."""
    return [row[0] for row in conn.execute(_SQL["next_ids"], {"count": count})]


def submit(conn: Connection, batch: Batch, ties: Ties) -> list[Change]:
    """Store a whole submission; returns the tasks that ended at once, because what they need has failed.

    Raises DependencyResolutionError where an edge leads nowhere.
    """
    return changes(conn.execute(_SQL["submit"], {**batch.parameters(), **ties.parameters()}))


def prepare(conn: Connection, batch: Batch) -> None:
    """Store what `store` takes for granted; apart from it, so that nobody waits for the end of a long transaction."""
    conn.execute(_SQL["prepare"], batch.prerequisites())


def store(conn: Connection, batch: Batch) -> None:
    """Store a part of a submission, which `link` completes."""
    conn.execute(_SQL["store"], batch.parameters())


def link(conn: Connection, ties: Ties) -> list[Change]:
    """Tie the stored parts to tasks that were there; returns and raises as `submit`."""
    return changes(conn.execute(_SQL["link"], ties.parameters()))
