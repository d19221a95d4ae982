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
@broker_option
def command(once: bool, read_only: bool, broker: str | None) -> int:
    """Watch and steer tasks on the whole screen; ? there shows the keys.

    \b
    Examples:
      aque top
      aque top --once
      aque top --read-only
    """
    if not once and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("aque top needs a terminal (aque top --once prints one frame)")
    from ..tui import app

    place = open_broker(broker)
    if not once:
        return app.run(place, read_only)
    click.echo(app.frame(place, shutil.get_terminal_size(), read_only))
    return 0
