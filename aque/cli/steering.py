"""What the verbs that steer tasks share: their options, the question before, and the line that tells what they did."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import click

from ..core.errors import UsageError
from ..core.outcomes import refusals
from ..core.text import clean
from .completing import queue_names
from .options import Function, broker_option, chosen, echo_json, json_option, open_broker

if TYPE_CHECKING:
    from ..core.queries.steering import Steered
    from ..core.selection import Selection
    from ..core.steering import Steering

MANY: Final = 20
"""Tasks of other people that a verb may hit without a question."""


@dataclass(frozen=True)
class How:
    """How a verb is to go about it."""

    dry_run: bool
    yes: bool
    as_json: bool
    broker: str | None


def steering_options(function: Function) -> Function:
    """--dry-run, --yes, --json and --broker, which the command takes as `how`."""

    @click.option("-n", "--dry-run", is_flag=True, help="Show what it would do, and do nothing.")
    @yes_option
    @json_option
    @broker_option
    @functools.wraps(function)
    def command(*args: Any, dry_run: bool, yes: bool, as_json: bool, broker: str | None, **kwargs: Any) -> Any:
        return function(*args, how=How(dry_run, yes, as_json, broker), **kwargs)

    return command  # type: ignore[return-value]


def steer(selection: Selection, how: How, verb: Callable[[Steering, Selection, bool], list[Steered]], word: str) -> int:
    """Do it, and tell what was done (`word`: paused, removed); the exit status is 1 where there was nothing to do."""
    from ..core.steering import Steering

    if selection.ids is None and selection.filter is None:  # never all there are, for want of a word
        raise UsageError("which tasks? give ids, - to read them from stdin, or -f FILTER")
    place = open_broker(how.broker)
    ids = chosen(place, selection)
    steering = Steering(place)
    if not (how.dry_run or how.yes or may(steering, ids)):
        return 1
    found = verb(steering, replace(selection, ids=tuple(ids)), how.dry_run)
    for each in found if how.as_json else ():
        echo_steered(each)
    for each in found if how.dry_run and not how.as_json else ():
        if each.refusal is None:
            click.echo(f"{each.id:>8}  {each.before}")
    click.echo(("dry run: " if how.dry_run else "") + ", ".join(_words(found, set(ids), word)), err=True)
    return 0 if any(each.refusal is None for each in found) else 1


def yes_option(function: Function) -> Function:
    """`--yes`"""
    return click.option("-y", "--yes", is_flag=True, help=f"Ask nothing, though over {MANY} tasks are other people's.")(
        function
    )


def is_asked() -> bool:
    """Whether somebody sits at a terminal, who can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def may(steering: Steering, ids: Sequence[int]) -> bool:
    """Whether it may go on: who sits at a terminal is asked, where many tasks of others are among them."""
    if len(ids) <= MANY or not is_asked():
        return True
    others = steering.others(ids)
    return others <= MANY or confirmed(f"{others} of {len(ids)} tasks are other people's")


def confirmed(what: str) -> bool:
    """Whether somebody at the terminal wants to go on, who was told `what` is at stake."""
    if click.confirm(f"{what}. Go on?", err=True):
        return True
    click.echo("nothing was done", err=True)
    return False


def _words(found: Sequence[Steered], asked: set[int], word: str) -> Iterator[str]:
    done = [each for each in found if each.refusal is None]
    along = sum(each.id not in asked for each in done)
    yield f"{len(done) - along} {word}"
    if along:
        yield f"{along} more that had ended because of them"
    yield from refusals(found)


def echo_steered(each: Steered) -> None:
    """What became of a task, as JSON."""
    values = {name: json.loads(getattr(each, name) or "null") for name in ("old", "new")}
    echo_json({**asdict(each), **values})


def queue_option(function: Function) -> Function:
    """`-q QUEUE`, as `queues`."""
    return click.option(
        "-q",
        "--queue",
        "queues",
        multiple=True,
        metavar="QUEUE",
        shell_complete=queue_names,
        help="This queue as a whole; may be repeated.",
    )(function)


def set_queues(selection: Selection, queues: Sequence[str], how: How, *, paused: bool) -> int:
    """Pause or resume queues as a whole, instead of tasks; raises QueueNotFound where there is nothing to resume."""
    from ..core import farm
    from ..core.queries.steering import is_paused
    from ..core.steering import Steering

    if selection.ids is not None or selection.filter is not None:
        raise UsageError("give tasks or --queue, not both")
    place = open_broker(how.broker)
    new = farm.unknown(place, queues, may_be_new=paused)
    changed = [
        name
        for name in dict.fromkeys(queues)
        if (place.read(is_paused, name) != paused if how.dry_run else Steering(place).set_queue(name, paused=paused))
    ]
    for name in changed if how.as_json else ():
        echo_json({"queue": name, "paused": paused})
    done = f"{len(changed)} of {len(set(queues))} queues {'paused' if paused else 'resumed'}"
    unheard = f" ({', '.join(map(clean, new))}: a new queue)" if new else ""
    click.echo(f"{'dry run: ' if how.dry_run else ''}{done}{unheard}", err=True)
    return 0 if changed else 1
