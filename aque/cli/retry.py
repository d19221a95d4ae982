"""aque retry"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .options import selecting
from .steering import How, steer, steering_options

if TYPE_CHECKING:
    from ..core.selection import Selection


@click.command("retry")
@selecting()
@steering_options
def command(selection: Selection, how: How) -> int:
    """Run complete tasks again.

    With them those run again that ended without a run because of them. What waits for a task that had succeeded waits
    for it again; what runs or has run already is left as it is. Attempts and their output are kept. A task that needs
    what has failed can only be retried together with that.

    \b
    Examples:
      aque retry 12 13
      aque retry -f 'state:error user:me'
      aque retry -n -f state:killed
    """
    return steer(selection, how, lambda steering, which, dry: steering.retry(which, dry=dry), "retried")
