"""What a verb did, or would do, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from ..core.queries.steering import Steered
from ..core.states import COMPLETE_STATES

_REFUSALS: Final = {
    "needs": "needing what has failed",
    "needed": "needed by what is to run",
    "key": "with a key that is in use",
}


def tasks(count: int) -> str:
    """`1 task`, `2,000 tasks`."""
    return "1 task" if count == 1 else f"{count:,} tasks"


def outcome(found: Sequence[Steered], asked: Collection[int], word: str) -> str:
    """`12 tasks paused · left alone: 2 running`."""
    done = [each for each in found if each.refusal is None]
    along = sum(each.id not in asked for each in done)
    also = f", with {tasks(along)} that had ended because of them" if along else ""
    return " · ".join([f"{tasks(len(done) - along)} {word}{also}", *refusals(found)])


def refusals(found: Sequence[Steered]) -> Iterator[str]:
    """A line of those to which nothing is done, by the reason; none where there are none."""
    counts = Counter(_reason(each) for each in found if each.refusal is not None)
    if counts:
        yield "left alone: " + ", ".join(f"{count:,} {reason}" for reason, count in counts.items())


def _reason(each: Steered) -> str:
    state = "complete" if each.before in COMPLETE_STATES else str(each.before)
    return _REFUSALS.get(each.refusal or "", state)
