"""aque undo"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..core.errors import CannotUndo
from .options import Whole, broker_option, echo_json, json_option, open_broker
from .steering import MANY, confirmed, echo_steered, is_asked, may, yes_option

if TYPE_CHECKING:
    from ..core.broker import Broker
    from ..core.steering import Steering
    from ..core.undo import Undone


@click.command("undo")
@click.argument("event", type=Whole(1), required=False, metavar="[EVENT]")
@click.option("--all", "is_anybodys", is_flag=True, help="The last of anybody's, not of yours alone.")
@yes_option
@click.option("-n", "--dry-run", is_flag=True, help="Show what it would do, and do nothing.")
@json_option
@broker_option
def command(event: int | None, is_anybodys: bool, yes: bool, dry_run: bool, as_json: bool, broker: str | None) -> int:
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
    from ..core.outcomes import count_undone, undone
    from ..core.steering import Steering

    place = open_broker(broker)
    if not (dry_run or yes) and is_asked():
        would = _undo(place, event, own=not is_anybodys, dry=True)
        event = would.event.id  # and no other that was done while somebody thought about it
        if not _may(Steering(place), would, is_anybodys):
            return 1
    done = _undo(place, event, own=not is_anybodys, dry=dry_run)
    if as_json:
        _echo(done)
    for each in done.tasks if dry_run and not as_json else ():
        if each.refusal is None:
            click.echo(f"{each.id:>8}  {each.before}")
    click.echo(("dry run: " if dry_run else "") + undone(done), err=True)
    return 0 if count_undone(done) else 1


def _undo(place: Broker, event: int | None, *, own: bool, dry: bool) -> Undone:
    """Raises CannotUndo with what to ask for instead."""
    from ..core.undo import undo

    try:
        return undo(place, event, own=own, dry=dry)
    except CannotUndo as error:
        instead = f": `aque undo {error.rather}`" if error.rather else " (--all: of anybody's)" if error.is_own else ""
        raise CannotUndo(f"{error}{instead}") from None


def _may(steering: Steering, would: Undone, is_anybodys: bool) -> bool:
    """Whether it may go on; what was anybody's act may be more than one thinks of."""
    from ..core.outcomes import undone

    ids = [each.id for each in would.tasks if each.refusal is None]
    return confirmed(f"would have {undone(would)}") if is_anybodys and len(ids) > MANY else may(steering, ids)


def _echo(done: Undone) -> None:
    """The act, then each task, queue and worker."""
    echo_json({"event": done.event.id, "action": done.event.action, "by": done.by})
    for task in done.tasks:
        echo_steered(task)
    for each in done.others:
        echo_json(each)
