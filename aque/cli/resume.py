"""aque resume"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .options import selecting
from .steering import How, queue_option, set_queues, steer, steering_options

if TYPE_CHECKING:
    from ..core.selection import Selection


@click.command("resume")
@selecting(required=False)
@queue_option
@steering_options
def command(selection: Selection, queues: tuple[str, ...], how: How) -> int:
    """Let tasks run that were paused, or whole queues.

    Tasks that were submitted with --hold are paused as well. Tasks of a queue that is paused wait for that.

    \b
    Examples:
      aque resume 12 13
      aque resume -f 'state:paused user:me'
      aque resume -q nightly
    """
    if queues:
        return set_queues(selection, queues, how, paused=False)
    return steer(selection, how, lambda steering, which, dry: steering.resume(which, dry=dry), "resumed")
