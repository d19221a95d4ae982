"""aque rm"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from .options import duration, open_broker, selecting
from .steering import How, steer, steering_options

if TYPE_CHECKING:
    from ..core.selection import Selection


@click.command("rm")
@selecting(required=False)
@click.option("--older", metavar="AGE", callback=duration, help="Those that ended longer ago, such as 30d.")
@steering_options
def command(selection: Selection, older: float | None, how: How) -> int:
    """Remove complete tasks, with their attempts, results and output.

    Those that a task which is still to run needs are left; so are tasks that are not complete: kill them first.
    `aque init --keep AGE` lets workers do this.

    \b
    Examples:
      aque rm 12 13
      aque rm --older 30d
      aque rm -f 'state:success user:me age>7d'
      aque rm -n -f state:cancelled
    """
    which = selection if older is None else _ended_before(selection, older, how)
    return steer(which, how, lambda steering, which, dry: steering.remove(which, dry=dry), "removed")


def _ended_before(selection: Selection, age: float, how: How) -> Selection:
    from ..core.filter import Term

    then = open_broker(how.broker).now() - timedelta(seconds=age)
    complete = Term("state", ":", ("complete",))
    return selection.where(complete).where(Term("finished_at", "<", (then.isoformat(),)))
