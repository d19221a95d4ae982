"""What a verb did, or would do, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ..core import outcomes
from ..core.outcomes import tasks
from ..core.queries.steering import Steered

__all__ = ["outcome", "refusals", "tasks"]


def outcome(found: Sequence[Steered], asked: Collection[int], word: str) -> str:
    """`12 tasks paused · left alone: 2 were running`."""
    done = [each for each in found if each.refusal is None]
    along = sum(each.id not in asked for each in done)
    also = f", with {tasks(along)} that had ended because of them" if along else ""
    return " · ".join([f"{tasks(len(done) - along)} {word}{also}", *refusals(found)])


def outcome_of_one(task: int, found: Sequence[Steered], word: str) -> str:
    """`task 12: 1 task paused`, or `task 12 is left alone: it was complete`."""
    if len(found) == 1 and found[0].refusal is not None:
        return f"task {task} is left alone: it {outcomes.refusal(found[0])}"
    return f"task {task}: {outcome(found, {task}, word)}"


def refusals(found: Sequence[Steered]) -> Iterator[str]:
    """A line of those to which nothing is done, by the reason; none where there are none."""
    if reasons := ", ".join(outcomes.refusals(found)):
        yield f"left alone: {reasons}"
