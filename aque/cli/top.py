"""aque top"""

from __future__ import annotations

import shutil
import sys

import click

from ..core.errors import UsageError
from .options import broker_option, open_broker


@click.command("top")
@click.option("--once", is_flag=True, help="Print one frame as text, and end.")
@click.option("--read-only", is_flag=True, help="Nothing can be changed from the screen.")
@click.option("-f", "--filter", default="", metavar="FILTER", help="Show the tasks of a filter.")
@click.option("--view", default="", metavar="NAME", help="Open a view that was kept with V.")
@broker_option
def command(once: bool, read_only: bool, filter: str, view: str, broker: str | None) -> int:
    """Watch and steer tasks on the whole screen; ? there shows the keys.

    \b
    Examples:
      aque top
      aque top --once
      aque top --read-only
      aque top -f 'state:failed user:me'
    """
    if not once and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("aque top needs a terminal (aque top --once prints one frame)")
    from ..tui import app

    place = open_broker(broker)
    if not once:
        return app.run(place, read_only=read_only, filter=filter, view=view)
    click.echo(app.frame(place, shutil.get_terminal_size(), read_only=read_only, filter=filter, view=view))
    return 0
