"""What verbs did, or would do, in words for all faces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from .states import COMPLETE_STATES
from .text import clean
from .text import count as counted

if TYPE_CHECKING:
    from .queries.steering import Steered
    from .undo import Undone

_REFUSALS: Final = {
    "needs": ("needs what has failed", "need what has failed"),
    "needed": ("is needed by others", "are needed by others"),
    "changed": ("has been changed since", "have been changed since"),
    "key": ("has a key that is in use", "have keys that are in use"),
}


def tasks(count: int) -> str:
    """`1 task`, `2,000 tasks`."""
    return counted(count, "task")


def refusals(found: Iterable[Steered]) -> Iterator[str]:
    """Why a verb was not done to some, each reason with their number: `2 were running`."""
    refused = Counter(_reason(each) for each in found if each.refusal is not None)
    for (one, many), count in refused.items():
        yield f"{count:,} {one if count == 1 else many}"


def refusal(one: Steered) -> str:
    """Why a verb was not done to one task: `was complete`."""
    return _reason(one)[0]


def count_undone(done: Undone) -> int:
    """How many things an undo took back."""
    return sum(each.refusal is None for each in done.tasks) + sum(each.is_done for each in done.others)


def undone(done: Undone) -> str:
    """`event 12 (pause) undone by event 14: 3 tasks, 1 was running`"""
    by = f" by event {done.by}" if done.by is not None else ""
    what = f"event {done.event.id} ({done.event.action})"
    head = f"{what} undone{by}" if count_undone(done) else f"{what}: nothing is as it was left"
    parts = ", ".join(undone_parts(done))
    return f"{head}: {parts}" if parts else head


def undone_parts(done: Undone) -> Iterator[str]:
    """What an undo took back, and what it left alone."""
    if count := sum(each.refusal is None for each in done.tasks):
        yield tasks(count)
    yield from refusals(done.tasks)
    for each in done.others:
        yield f"{each.kind} {clean(each.name)}{'' if each.is_done else ' is not as it was left'}"
    if done.gone:
        yield f"{done.gone:,} {'is' if done.gone == 1 else 'are'} gone"


def _reason(each: Steered) -> tuple[str, str]:
    state = "complete" if each.before in COMPLETE_STATES else str(each.before)
    return _REFUSALS.get(each.refusal or "", (f"was {state}", f"were {state}"))
