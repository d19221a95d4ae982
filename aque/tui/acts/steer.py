"""The verbs: of many tasks, and before what cannot be taken back, it is said first how many and what follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from ...core.errors import UsageError
from ...core.queries.steering import Steered
from ...core.selection import Selection
from ...core.states import State
from ...core.steering import Steering
from ...core.view import View
from ..commands import Command, deed
from ..dialogs.ask import AskText, Confirm
from ..errands import errand, tell
from ..stage import Steerable
from ..told import outcome, outcome_of_one, refusals, tasks

Call = Callable[[Steering, Selection, bool], list[Steered]]


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb in its forms, and what does it; `asks`: before one task as well, for it cannot be taken back."""

    order: str
    going: str
    done: str
    call: Call
    asks: bool = False


PAUSE: Final = Verb("Pause", "pausing", "paused", lambda do, whom, dry: do.pause(whom, dry=dry))
RESUME: Final = Verb("Resume", "resuming", "resumed", lambda do, whom, dry: do.resume(whom, dry=dry))
RETRY: Final = Verb("Retry", "retrying", "retried", lambda do, whom, dry: do.retry(whom, dry=dry))
REMOVE: Final = Verb("Remove", "removing", "removed", lambda do, whom, dry: do.remove(whom, dry=dry), asks=True)


def moved(amount: int, is_relative: bool) -> Verb:
    """To give a priority, or move it."""

    def call(do: Steering, whom: Selection, dry: bool) -> list[Steered]:
        return do.prioritise(whom, amount, is_relative=is_relative, dry=dry)

    what = f"priority {amount:+}" if is_relative else f"priority {amount}"
    return Verb(f"Set {what} for", f"{what} for", f"got {what}", call)


def steer(screen: Steerable, verb: Verb) -> None:
    """Do it to the task under the cursor at once, or ask, and tell what was done."""
    whom = screen.whom()
    if whom is None:
        return
    if whom.task is not None and not verb.asks:
        _perform(screen, verb, [whom.task])
        return

    def look() -> tuple[list[int], list[Steered]]:
        with screen.session.work.doing(f"looking at {whom}"):
            ids = whom.resolve(View(screen.session.broker))
            return ids, verb.call(screen.session.steering, Selection(tuple(ids)), True)

    errand(screen, look, lambda seen: _ask(screen, verb, *seen))


def _ask(screen: Steerable, verb: Verb, ids: Sequence[int], found: Sequence[Steered]) -> None:
    able = [each for each in found if each.refusal is None]
    if not able:
        tell(screen, f"nothing to do: {' · '.join(refusals(found)) or 'no task is there'}", "warning")
        return
    along = len({each.id for each in able}.difference(ids))
    also = [f"{tasks(along)} that ended because of them come along."] if along else []
    lines = [*also, *refusals(found)]
    question = Confirm(
        f"{verb.order} {tasks(len(able) - along)}?", lines, verb.order.split()[0], "error" if verb.asks else "primary"
    )
    screen.app.push_screen(question, lambda answer: _perform(screen, verb, ids) if answer else None)


def _perform(screen: Steerable, verb: Verb, ids: Sequence[int]) -> None:
    session = screen.session

    def work() -> list[Steered]:
        with session.work.doing(f"{verb.going} {tasks(len(ids))}", len(ids)) as advance:
            return verb.call(Steering(session.broker, advance), Selection(tuple(ids)), False)

    def report(found: Sequence[Steered]) -> None:
        is_done = any(each.refusal is None for each in found)
        one = outcome_of_one(ids[0], found, verb.done) if len(ids) == 1 else ""
        tell(screen, one or outcome(found, set(ids), verb.done), "information" if is_done else "warning")
        screen.hurry()

    errand(screen, work, report)


def _pause_or_resume(screen: Steerable) -> None:
    task = screen.here
    steer(screen, RESUME if task and task.state == State.PAUSED else PAUSE)


def set_priority(screen: Steerable) -> None:
    """Ask for a priority, and give it."""
    if (whom := screen.whom()) is None:
        return
    now = str(screen.here.priority) if screen.here and whom.task is not None else ""
    question = AskText(f"Priority of {whom}", now, "a whole number; larger first", _number)
    screen.app.push_screen(question, lambda text: steer(screen, moved(_number(text), False)) if text else None)


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"not a whole number: {text}") from None


BY_ONE: Final[tuple[Command, ...]] = tuple(
    deed(name, partial(steer, verb=moved(by, True)), key, name.capitalize(), f"Priority {way}", "Act", changes=True)
    for name, by, key, way in (
        ("raise", 1, "right_square_bracket", "up"),
        ("lower", -1, "left_square_bracket", "down"),
    )
)
"""Priorities, a step at a time."""
COMMANDS: Final[tuple[Command, ...]] = (
    deed(
        "pause",
        _pause_or_resume,
        "p",
        "Pause",
        "Hold back, or let run again",
        "Act",
        True,
        True,
    ),
    deed("retry", partial(steer, verb=RETRY), "r", "Retry", "Run again what is complete", "Act", True, True),
    deed("remove", partial(steer, verb=REMOVE), "X", "Remove", "Remove for good what is complete", "Act", changes=True),
    *BY_ONE,
    deed("priority", set_priority, "equals_sign", "Priority", "Give a priority", "Act", changes=True),
)
