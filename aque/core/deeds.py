"""A verb that goes through many tasks, part by part, each in a transaction of its own with its entry in the trail."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from .audit import Record, Step, named
from .db.database import Database
from .db.failures import stubbornly
from .db.source import Connection
from .queries import farm, submission
from .queries.steering import Steered, guard
from .queries.submission import Change

if TYPE_CHECKING:
    from .selection import Selection

BATCH: Final = 2000
"""Tasks to a transaction."""


class Act(Protocol):
    """What is done to some tasks; `dry`: what would be done."""

    def __call__(self, conn: Connection, ids: Sequence[int], /, *, dry: bool) -> list[Steered]: ...


@dataclass(frozen=True)
class Deed:
    """An act, and its record. `advance` is told of how many more tasks it is done with."""

    act: Act
    record: Record
    dry: bool = False
    size: int = BATCH
    advance: Callable[[int], object] = int

    def do(self, database: Database, ids: Sequence[int]) -> list[Steered]:
        """Do it to tasks, and tell others of it. Raises PermissionDenied, and does nothing then."""
        done: list[Steered] = []
        if len(ids) > self.size:  # nothing is done where a later part would be refused
            with database.connection() as conn:
                guard(conn, ids)
        for part in parts(ids, self.size):
            found = stubbornly(partial(self._transact, database, part))
            if not self.dry:
                with database.connection() as conn:
                    _announce(conn, [each for each in found if each.refusal is None])
            done += found
            self.advance(len(part))
        return done

    def _transact(self, database: Database, part: Sequence[int]) -> list[Steered]:
        with database.transaction() as conn:
            found = self.act(conn, part, dry=self.dry)
            if not self.dry:
                self.record.enter(conn, [_step(each) for each in found if each.refusal is None])
        return found


def _step(done: Steered) -> Step:
    """What became of a task, by its values, or by its state where the act changes nothing else."""
    before = json.loads(done.old) if done.old else {"state": done.before}
    return Step(done.id, before, json.loads(done.new) if done.new else {"state": done.state})


def _announce(conn: Connection, done: Sequence[Steered]) -> None:
    """What waits no longer, or later, may let others run: so that is news for who sleeps, whatever it is."""
    if any(each.state for each in done):
        changed = [Change(each.id, each.state) for each in done if each.state and each.state != each.before]
        submission.announce(conn, changed, submission.ANY)


@contextmanager
def alone(database: Database) -> Iterator[Connection]:
    """A transaction in which nobody else changes queues, limits or workers: its entry tells what was before it."""
    with database.transaction() as conn:
        farm.alone(conn)
        yield conn


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
        from .filter import show

        told["filter"] = show(selection.filter)
    return Record(action, told)
