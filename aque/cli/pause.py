"""aque pause"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .options import selecting
from .steering import How, queue_option, set_queues, steer, steering_options

if TYPE_CHECKING:
    from ..core.selection import Selection


@click.command("pause")
@selecting(required=False)
@queue_option
@steering_options
def command(selection: Selection, queues: tuple[str, ...], how: How) -> int:
    """Hold tasks back that have not begun, or whole queues.

    Tasks that run go on, and can be stopped with `aque kill -s STOP`. A task of a queue that is paused stays pending.

    \b
    Examples:
      aque pause 12 13
      aque pause -f 'user:me name~^render'
      aque pause -q nightly
    """
    if queues:
        return set_queues(selection, queues, how, paused=True)
    return steer(selection, how, lambda steering, which, dry: steering.pause(which, dry=dry), "paused")
