"""What people ask of queues as a whole, of named limits, and of workers. All of it raises BrokerUnavailable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Any, Final

from .broker import Broker
from .db.source import Connection
from .deeds import alone, record
from .errors import AqueError, QueueNotFound, UsageError
from .queries import farm, retention, submission
from .queries import limits as named
from .queries.farm import QueueRow
from .queries.limits import LimitRow
from .rules import check_queue, limit_name
from .task import Prototype
from .text import clean

_MOST: Final = 2**31 - 1  # what the broker's column holds
_SHORTEST: Final = 60.0  # seconds that tasks are kept
_LONGEST: Final = 1e10


@dataclass(frozen=True, slots=True)
class Drained:
    """A worker that takes no more tasks; `is_new`: it was told so now."""

    id: int
    name: str
    is_new: bool


def queues(broker: Broker) -> list[QueueRow]:
    """All queues, by name."""
    return broker.read(farm.queues)


def unknown(broker: Broker, names: Sequence[str], *, may_be_new: bool) -> list[str]:
    """Those of some queues that no task, no worker and no earlier word has named.

    Raises UsageError for what is no name, and QueueNotFound where there are such, and none `may_be_new`.
    """
    for name in names:
        check_queue(name)
    found = broker.read(farm.unknown_queues, names)
    if found and not may_be_new:
        raise QueueNotFound(f"no such queue: {', '.join(map(clean, found))} (`aque queues` lists them)")
    return found


def limit(broker: Broker, names: Sequence[str], most: int | None) -> list[str]:
    """No more than `most` tasks of each queue run at once from now on (None: no limit); what runs goes on."""
    for name in names:
        check_queue(name)
    if most is not None:
        _check_limit(most)
    with alone(broker.database) as conn:
        old = farm.limit(conn, names, most)
        before, after = (
            {name: {"max_running": each[name]} for name in old} for each in (old, dict.fromkeys(old, most))
        )
        record("limit", queues=list(old)).enter_change(conn, {"queues": before}, {"queues": after})
    broker.read(submission.wake)
    return list(old)


def limits(broker: Broker) -> list[LimitRow]:
    """All limits that are set, or that tasks name which are not complete, by name."""
    return broker.read(named.limits)


def set_limit(broker: Broker, name: str, size: int) -> bool:
    """No more than `size` units are in use at once from now on; what runs goes on. False: it was so before."""
    _check_name(name)
    _check_limit(size)
    with alone(broker.database) as conn:
        before = named.size(conn, name)
        if is_new := named.set_size(conn, name, size):
            _enter_limit(conn, name, before, size)
    broker.read(submission.wake)
    return is_new


def remove_limit(broker: Broker, name: str) -> bool:
    """A limit is not set any more: tasks that name it wait until it is. False: it was not set."""
    _check_name(name)
    with alone(broker.database) as conn:
        size = named.remove(conn, name)
        if size is not None:
            _enter_limit(conn, name, size, None)
    broker.read(submission.wake)
    return size is not None


def _enter_limit(conn: Connection, name: str, before: int | None, after: int | None) -> None:
    old, new = ({"limits": {name: {"size": size}}} for size in (before, after))
    record("limit", limit=name).enter_change(conn, old, new)


def limit_warnings(broker: Broker, limits: Any) -> list[str]:
    """What to tell who submits a task with such `limits` (as a prototype has them): those that are not set."""
    names = Prototype.read({"limits": limits}).limits
    unset = broker.read(named.unset, names) if names else []
    return [f"limit {name} is not set: aque limits set {quote(name)} N" for name in unset]


def drain(broker: Broker, words: Sequence[str] | None) -> list[Drained]:
    """Workers, by id or name (None: all), take no more tasks, and end with the last that they run.

    They hear of it within a second. Raises AqueError where a word stands for no living worker, and tells none then.
    """
    with alone(broker.database) as conn:
        found = farm.called(conn, words)
        if missing := [word for word in words or () if word not in {each.word for each in found}]:
            raise AqueError(f"no such worker is alive: {', '.join(missing)}")
        told = set(farm.drain(conn, [each.id for each in found]))
        if told:
            before, after = ({str(each): {"draining": value} for each in sorted(told)} for value in (False, True))
            record("drain").enter_change(conn, {"workers": before}, {"workers": after})
    with broker.database.connection() as conn:
        submission.request(conn, told)
    names = {each.id: each.name for each in found}
    return [Drained(each, name, each in told) for each, name in names.items()]


def employ(broker: Broker, worker: int) -> bool:
    """A worker that drains takes tasks again, if it lives yet; it hears of it within a second. False: it did not drain.

    Workers that were told to end by a signal drain for good, and are as they were with their next beat.
    """
    name, before, after = str(worker), {"draining": True}, {"draining": False}
    with broker.database.transaction() as conn:
        if is_new := farm.restore_worker(conn, name, after, before, dry=False):
            record("employ").enter_change(conn, {"workers": {name: before}}, {"workers": {name: after}})
    with broker.database.connection() as conn:
        submission.request(conn, [worker])
    return is_new


def kept_for(broker: Broker) -> float | None:
    """For how many seconds after their end tasks are kept; None: for ever."""
    return broker.read(retention.keep)


def keep_for(broker: Broker, seconds: float | None) -> None:
    """Keep tasks for so many seconds after their end, a minute at least; None: for ever. Workers remove the others."""
    if seconds is not None and not _SHORTEST <= seconds <= _LONGEST:
        raise UsageError("tasks are kept for 1m at least, so that who waits for one sees how it ended, or forever")
    with alone(broker.database) as conn:
        before = retention.keep(conn)
        retention.set_keep(conn, seconds)
        if before != seconds:
            told = ({"retention": {"tasks": {"keep": each}}} for each in (before, seconds))
            record("keep").enter_change(conn, *told)


def _check_name(name: str) -> None:
    try:
        limit_name(name)
    except ValueError:
        raise UsageError(f"not the name of a limit: {name!r} (no spaces, commas and =)") from None


def _check_limit(most: int) -> None:
    if not 0 <= most <= _MOST:
        raise UsageError(f"not a limit: {most} (write 0 to {_MOST})")
