"""aque undo"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from ..core.text import clean
from .options import Whole, broker_option, echo_json, json_option, open_broker
from .steering import echo_steered, told_refusals

if TYPE_CHECKING:
    from ..core.undo import Undone


@click.command("undo")
@click.argument("event", type=Whole(1), required=False, metavar="[EVENT]")
@click.option("--all", "is_anybodys", is_flag=True, help="The last of anybody's, not of yours alone.")
@click.option("-n", "--dry-run", is_flag=True, help="Show what it would do, and do nothing.")
@json_option
@broker_option
def command(event: int | None, is_anybodys: bool, dry_run: bool, as_json: bool, broker: str | None) -> int:
    """Take back what was done to tasks, queues, limits and workers, or to how long tasks are kept: the last, or EVENT
    as `aque events` shows it.

    Priorities, edits, pauses and resumes are as before; what was cancelled waits again, and what was killed runs again,
    with all that ended because of it. Tasks that are not as they were left are left alone, and counted. What was
    removed or retried cannot be taken back, nor can a run that has happened.

    An undo is an event as well: without EVENT the next undo takes back what was done before that, and with the number
    of an undo it is done again. The exit status is 1 if there was nothing to take back.

    \b
    Examples:
      aque undo
      aque undo -n
      aque events -n 5 --action priority
      aque undo 42
    """
    from ..core.undo import undo

    done = undo(open_broker(broker), event, own=not is_anybodys, dry=dry_run)
    if as_json:
        _echo(done)
    for each in done.tasks if dry_run and not as_json else ():
        if each.refusal is None:
            click.echo(f"{each.id:>8}  {each.before}")
    click.echo(("dry run: " if dry_run else "") + _words(done), err=True)
    return 0 if _count(done) else 1


def _count(done: Undone) -> int:
    return sum(each.refusal is None for each in done.tasks) + sum(each.is_done for each in done.others)


def _words(done: Undone) -> str:
    """`event 12 (pause) undone by event 14: 3 tasks; 1 was running`"""
    by = f" by event {done.by}" if done.by is not None else ""
    what = f"event {done.event.id} ({done.event.action})"
    parts = list(_parts(done))
    head = f"{what} undone{by}" if _count(done) else f"{what}: nothing is as it was left"
    return f"{head}: {', '.join(parts)}" if parts else head


def _parts(done: Undone) -> Iterator[str]:
    if count := sum(each.refusal is None for each in done.tasks):
        yield f"{count} task{'' if count == 1 else 's'}"
    yield from told_refusals(done.tasks)
    for each in done.others:
        yield f"{each.kind} {clean(each.name)}{'' if each.is_done else ' is not as it was left'}"
    if done.gone:
        yield f"{done.gone} {'is' if done.gone == 1 else 'are'} gone"


def _echo(done: Undone) -> None:
    """The act, then each task, queue and worker."""
    echo_json({"event": done.event.id, "action": done.event.action, "by": done.by})
    for task in done.tasks:
        echo_steered(task)
    for each in done.others:
        echo_json(each)
