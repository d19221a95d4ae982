"""Taking back what somebody did: those tasks, queues, limits and workers that are still as the act left them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeAlias

from .acts import UNREADABLE, values
from .audit import Record
from .broker import Broker
from .db.source import Connection
from .deeds import BATCH, Act, Deed, alone, record
from .errors import CannotUndo, EventNotFound
from .queries import events, farm, limits, retention, submission
from .queries import steering as verbs
from .queries.events import EventRow, Part, Wanted
from .queries.steering import Steered
from .states import COMPLETE_STATES, State

Steps: TypeAlias = list[tuple[Act, list[int]]]
_NEVER: Final = {
    "rm": "what was removed is gone",
    "retry": "they are to run again, or have run; `aque kill` stops them",
}


@dataclass(frozen=True, slots=True)
class Reset:
    """A queue or a limit (by name), or a worker (by id), that an act changed; `is_done`: it is as it was before.

    It is not where it has other values by now than the act left, or has ended.
    """

    kind: str
    name: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class Undone:
    """What came of an undo: the act, and what it had changed; tasks with a refusal are not as it left them.

    `by` is the number of the undo in the audit trail; None where nothing was done. `gone`: how many were removed since.
    """

    event: EventRow
    by: int | None
    tasks: tuple[Steered, ...]
    others: tuple[Reset, ...]
    gone: int


def undo(broker: Broker, event: int | None = None, *, own: bool = True, dry: bool = False) -> Undone:
    """Take an act back, by its number; else the last that was no undo and was not undone (`own`: of this user's).

    An undo that is taken back does the act again. `dry`: it does nothing, and returns what it would do.
    Raises EventNotFound, or CannotUndo with the reason; BrokerUnavailable.
    """
    act = broker.read(_last, own=own) if event is None else broker.read(_named, event)
    if reason := hindrance(act):
        rather = None if event else broker.read(_rather, act, own)
        before = f"; before it was {name(rather)}" if rather else ""
        raise CannotUndo(f"{name(act)} cannot be undone: {reason}{before}", rather=rather.id if rather else None)
    entry = record("undo", event=act.id, of=act.action)
    try:
        steps = _steps(broker.read(events.parts, act.id))
    except UNREADABLE:
        raise CannotUndo(f"{name(act)} cannot be undone: its entry cannot be read") from None
    if act.tasks and not steps:
        raise CannotUndo(f"{name(act)} cannot be undone: it is older than complete tasks are kept")
    done = _tasks(broker, steps, entry, dry)
    others = _others(broker, act, entry, dry)
    if entry.event is not None:
        with broker.database.transaction() as conn:
            _mark(conn, act, entry.event)
    gone = sum(each not in done for _, ids in steps for each in ids)
    return Undone(act, entry.event, tuple(done[each] for each in sorted(done)), tuple(others), gone)


def hindrance(event: EventRow) -> str | None:
    """Why an act cannot be undone, whatever became of what it changed; None where it can."""
    try:
        return _hindrance(event)
    except UNREADABLE:
        return "its entry cannot be read"


def _hindrance(event: EventRow) -> str | None:
    if event.undone_by is not None:
        return f"event {event.undone_by} has undone it (`aque undo {event.undone_by}` does it again)"
    if event.action == "kill" and not json.loads(event.selection).get("ends"):
        return "the signal was sent (`aque kill -s CONT` lets go on what was stopped by one)"
    if event.action in _NEVER:
        return _NEVER[event.action]
    return (
        None
        if event.tasks or any(values(event.before, kind) for kind in _KINDS)
        else "its entry does not tell what was before"
    )


def name(event: EventRow) -> str:
    """`event 12 (pause)`"""
    return f"event {event.id} ({event.action})"


def _last(conn: Connection, *, own: bool) -> EventRow:
    if found := events.undoable(conn, 1, own=own):
        return found[0]
    raise CannotUndo("there is nothing to undo" + (" of yours" if own else ""), is_own=own)


def _named(conn: Connection, event: int) -> EventRow:
    if found := events.latest(conn, 1, Wanted(id=event)):
        return found[0]
    raise EventNotFound(f"no such event: {event}")


def _rather(conn: Connection, act: EventRow, own: bool) -> EventRow | None:
    """What can be undone instead."""
    others = (each for each in events.undoable(conn, 100, own=own) if each.id < act.id and not hindrance(each))
    return next(others, None)


def _tasks(broker: Broker, left: Steps, entry: Record, dry: bool) -> dict[int, Steered]:
    """Take back what was done to tasks; what they need may come back with a later part of them."""
    done: dict[int, Steered] = {}
    while left:
        again: Steps = []
        for inverse, ids in left:
            found = Deed(inverse, entry, dry=dry, size=len(ids) if dry else BATCH).do(broker.database, ids)
            done.update((each.id, each) for each in found if each.id not in done or done[each.id].refusal)
            again.append((inverse, [each.id for each in found if each.refusal == "needs"]))
        is_over = dry or sum(len(ids) for _, ids in again) in (0, sum(len(ids) for _, ids in left))
        left = [] if is_over else again
    return done


def _steps(parts: Sequence[Part]) -> Steps:
    """What has to be done to which tasks."""
    found: Steps = []
    ended: dict[int, State] = {}
    revived: dict[int, State] = {}
    for part in parts:
        before, after = json.loads(part.before), json.loads(part.after)
        if "state" not in before:
            found.append((_tovalues(before, after), part.ids))
        elif (origin := State(after["state"])) in _ENDED:
            ended.update(dict.fromkeys(part.ids, _ENDED[origin]))
        elif (goal := State(before["state"])) in COMPLETE_STATES:
            revived.update(dict.fromkeys(part.ids, origin))
        else:
            found.append((partial(verbs.move, origin=origin, goal=goal), part.ids))
    # together, for they may need each other: what is needed comes first, and falls last
    found.append((_each(verbs.revive, ended), sorted(ended)))
    found.append((_each(verbs.cancel, revived), sorted(revived, reverse=True)))
    return [(act, ids) for act, ids in found if ids]


_ENDED: Final = {State.CANCELLED: State.CANCELLED, State.RUNNING: State.KILLED}
"""The state that a kill leads to, by the one that it found or made of a task."""


def _tovalues(before: Mapping[str, Any], after: Mapping[str, Any]) -> Act:
    """Gives tasks that have the values `after` those `before`."""
    if list(before) == ["priority"]:
        return partial(verbs.prioritise, amount=before["priority"], is_relative=False, expected=after["priority"])
    return partial(verbs.edit, changes=before, expected=after)


def _each(verb: Callable[..., list[Steered]], origins: Mapping[int, State]) -> Act:
    """An act on those of the tasks that are still in the state of theirs."""

    def act(conn: Connection, ids: Sequence[int], /, *, dry: bool) -> list[Steered]:
        return verb(conn, ids, [origins[each] for each in ids], dry=dry)

    return act


_KINDS: Final = {
    "queues": farm.restore_queue,
    "limits": limits.restore,
    "workers": farm.restore_worker,
    "retention": retention.restore,
}
"""What else acts change, by the name that its values have in the trail."""


def _others(broker: Broker, act: EventRow, entry: Record, dry: bool) -> list[Reset]:
    """Take back what was done to queues, limits and workers, in one transaction."""
    found: list[Reset] = []
    with alone(broker.database) as conn:
        for kind, restore in _KINDS.items():
            before, after = values(act.before, kind), values(act.after, kind)
            stood = {each: restore(conn, each, before[each], after[each], dry=dry) for each in sorted(before)}
            found += [Reset(kind.removesuffix("s"), name, is_done) for name, is_done in stood.items()]
            if any(stood.values()) and not dry:
                told = ({kind: {name: each[name] for name in before if stood[name]}} for each in (after, before))
                entry.enter_change(conn, *told)
    if any(each.is_done for each in found) and not dry:
        with broker.database.connection() as conn:
            submission.request(conn, [int(each.name) for each in found if each.kind == "worker"])
            submission.wake(conn)
    return found


def _mark(conn: Connection, act: EventRow, by: int | None) -> None:
    """Note that an act is no longer in effect; if it was an undo, what that took back is, and so on down the line."""
    events.mark(conn, act.id, by)
    is_in_effect = False
    while act.action == "undo":
        last, act = act, _named(conn, json.loads(act.selection)["event"])
        is_in_effect = not is_in_effect
        events.mark(conn, act.id, None if is_in_effect else last.id)
