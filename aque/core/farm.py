"""What people ask of queues as a whole, and of workers. All of it raises BrokerUnavailable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .broker import Broker
from .deeds import record
from .errors import AqueError, UsageError
from .queries import farm, submission
from .queries.farm import QueueRow

_MOST: Final = 2**31 - 1  # what the broker's column holds


@dataclass(frozen=True, slots=True)
class Drained:
    """A worker that takes no more tasks; `is_new`: it was told so now."""

    id: int
    name: str
    is_new: bool


def queues(broker: Broker) -> list[QueueRow]:
    """All queues, by name."""
    return broker.read(farm.queues)


def pause(broker: Broker, names: Sequence[str]) -> list[str]:
    """No worker takes tasks of these queues any more; what runs goes on. Returns those that were not paused."""
    _check(names)
    with broker.database.transaction() as conn:
        return farm.hold(conn, names, paused=True)


def resume(broker: Broker, names: Sequence[str]) -> list[str]:
    """Workers take tasks of these queues again, at once. Returns those that were paused."""
    _check(names)
    with broker.database.transaction() as conn:
        found = farm.hold(conn, names, paused=False)
    _wake(broker)
    return found


def limit(broker: Broker, names: Sequence[str], most: int | None) -> list[str]:
    """No more than `most` tasks of each queue run at once from now on (None: no limit); what runs goes on."""
    _check(names)
    if most is not None and not 0 <= most <= _MOST:
        raise UsageError(f"not a limit: {most} (write 0 to {_MOST}, or none)")
    with broker.database.transaction() as conn:
        old = farm.limit(conn, names, most)
        before, after = (
            {name: {"max_running": each[name]} for name in old} for each in (old, dict.fromkeys(old, most))
        )
        record("limit", queues=list(old)).enter_change(conn, {"queues": before}, {"queues": after})
    _wake(broker)
    return list(old)


def drain(broker: Broker, words: Sequence[str] | None) -> list[Drained]:
    """Workers, by id or name (None: all), take no more tasks, and end with the last that they run.

    They hear of it within a second. Raises AqueError where a word stands for no living worker, and tells none then.
    """
    with broker.database.transaction() as conn:
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


def _check(names: Sequence[str]) -> None:
    if not all(name and "\0" not in name for name in names):
        raise UsageError("a queue has a name")


def _wake(broker: Broker) -> None:
    with broker.database.connection() as conn:
        submission.wake(conn)
