"""A verb that goes through many tasks, part by part, each in a transaction of its own with its entry in the trail."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from .audit import Fact, Record, named
from .db.database import Database
from .db.failures import Deadlock
from .db.source import Connection
from .filter import show
from .queries import submission
from .queries.steering import Steered
from .queries.submission import Change
from .selection import Selection
from .states import State

BATCH: Final = 2000
"""Tasks to a transaction."""
_TRIES: Final = 5  # for a transaction that met another one head on


class Act(Protocol):
    """What is done to some tasks; `dry`: what would be done."""

    def __call__(self, conn: Connection, ids: Sequence[int], /, *, dry: bool) -> list[Steered]: ...


@dataclass(frozen=True)
class Deed:
    """An act, and its record. `told`: the values that tasks are given, where these are not their states.

    `advance` is told of how many more tasks it is done with.
    """

    act: Act
    record: Record
    told: Mapping[str, Any] | None = None
    dry: bool = False
    size: int = BATCH
    advance: Callable[[int], object] = int

    def do(self, database: Database, ids: Sequence[int]) -> list[Steered]:
        """Do it to tasks, and tell others of it."""
        done: list[Steered] = []
        for part in parts(ids, self.size):
            found = self._stubbornly(database, part)
            if not self.dry:
                with database.connection() as conn:
                    _announce(conn, [each for each in found if each.refusal is None])
            done += found
            self.advance(len(part))
        return done

    def _stubbornly(self, database: Database, part: Sequence[int]) -> list[Steered]:
        for _ in range(_TRIES - 1):
            try:
                return self._transact(database, part)
            except Deadlock:
                continue  # who met us has gone on
        return self._transact(database, part)

    def _transact(self, database: Database, part: Sequence[int]) -> list[Steered]:
        with database.transaction() as conn:
            found = self.act(conn, part, dry=self.dry)
            if not self.dry:
                self._enter(conn, [each for each in found if each.refusal is None])
        return found

    def _enter(self, conn: Connection, done: Sequence[Steered]) -> None:
        if self.told is None:
            before = [Fact("state", each.before, each.id) for each in done]
            after = [Fact("state", each.state, each.id) for each in done]
        else:
            old = [(each.id, json.loads(each.old or "{}")) for each in done]
            before = [Fact(field, value, task) for task, values in old for field, value in values.items()]
            after = [Fact(field, value, each.id) for each in done for field, value in self.told.items()]
        self.record.enter(conn, before, after)


def _announce(conn: Connection, done: Sequence[Steered]) -> None:
    submission.announce(conn, [Change(each.id, each.state) for each in done if each.state not in (None, each.before)])
    if any(each.state is State.PENDING for each in done):
        submission.wake(conn)


def parts(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """Ids, so many at a time."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def record(action: str, selection: Selection | None = None, **details: Any) -> Record:
    """The record of an act, with what was selected for it."""
    told = dict(details)
    if selection and selection.ids is not None:
        told["ids"] = named(selection.ids)
    if selection and selection.filter is not None:
        told["filter"] = show(selection.filter)
    return Record(action, told)
