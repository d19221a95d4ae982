"""aque top"""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Any, Final

import click

from ..core.errors import UsageError
from ..core.garbage import unlooked_for
from .options import broker_option, open_broker

if TYPE_CHECKING:
    from ..core.broker import Broker

_NEEDS: Final = "aque top --serve needs more: pip install 'aque[web]'"


@click.command("top")
@click.option("--once", is_flag=True, help="Print one frame as text, and end.")
@click.option("--read-only", is_flag=True, help="Nothing can be changed from the screen.")
@click.option("-f", "--filter", default="", metavar="FILTER", help="Show the tasks of a filter.")
@click.option("--view", default="", metavar="NAME", help="Open a view that was kept with V.")
@click.option(
    "--refresh",
    type=click.FloatRange(0.1, 60),
    default=0.5,
    metavar="SECONDS",
    help="Look again so often; twice a second by default.",
)
@click.option(
    "--serve", metavar="[HOST:]PORT", help="Show it in a browser on this host, read-only; needs the extra aque[web]."
)
@click.option("--read-write", is_flag=True, help="With --serve: tasks can be changed from the browser.")
@broker_option
def command(once: bool, serve: str | None, read_write: bool, broker: str | None, **look: Any) -> int:
    """Watch and steer tasks on the whole screen; ? there shows the keys.

    --serve prints a link that opens the screen in a browser, once.

    \b
    Examples:
      aque top
      aque top --once
      aque top --read-only
      aque top -f 'state:failed user:me'
      aque top --refresh 2
      aque top --serve 8000
    """
    if read_write and (serve is None or look["read_only"]):
        raise UsageError("--read-write is for --serve, and the opposite of --read-only")
    if serve is not None:
        if once:
            raise UsageError("--once and --serve are two things")
        return _serve(serve, open_broker(broker), **{**look, "read_only": not read_write})
    if not (once or _has_terminal()):
        raise UsageError("aque top needs a terminal (aque top --once prints one frame)")
    with unlooked_for():
        from ..tui import app

        place = open_broker(broker)
    if not once:
        return app.run(place, **look)
    click.echo(app.frame(place, shutil.get_terminal_size(), **look))
    return 0


def _has_terminal() -> bool:
    """Or a page of --serve in its place, which asks for Textual's driver by its name."""
    return "TEXTUAL_DRIVER" in os.environ or (sys.stdin.isatty() and sys.stderr.isatty())


def _serve(where: str, broker: Broker, *, read_only: bool, filter: str, view: str, refresh: float) -> int:
    try:
        from ..web.address import Address
        from ..web.serve import serve
    except ModuleNotFoundError as error:
        raise UsageError(f"{_NEEDS} ({error.name} is missing)") from None
    address = Address.parse(where)
    broker.now()  # or it is told here that there is none
    os.environ["AQUE_BROKER"] = broker.to_url()  # it may have a password, which a command line would show to all
    options = ["--read-only"] * read_only + [f"--filter={filter}"] * bool(filter) + [f"--view={view}"] * bool(view)
    options.append(f"--refresh={refresh:g}")
    return serve(address, [sys.executable, "-P", "-m", "aque", "top", *options], click.echo)
