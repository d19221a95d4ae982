"""aque rm"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .options import selecting
from .steering import How, steer, steering_options

if TYPE_CHECKING:
    from ..core.selection import Selection


@click.command("rm")
@selecting()
@steering_options
def command(selection: Selection, how: How) -> int:
    """Remove complete tasks, with their attempts, results and output.

    Those that a task which is still to run needs are left; so are tasks that are not complete: kill them first.

    \b
    Examples:
      aque rm 12 13
      aque rm -f 'state:success user:me age>7d'
      aque rm -n -f state:cancelled
    """
    return steer(selection, how, lambda steering, which, dry: steering.remove(which, dry=dry), "removed")
