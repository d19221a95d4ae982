"""aque wait"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from .endings import echo_ending, tell
from .options import broker_option, chosen, duration, json_option, open_broker, selecting, some

if TYPE_CHECKING:
    from ..core.queries.tasks import Ending
    from ..core.selection import Selection
    from ..core.waiting import Waiter


@click.command("wait")
@selecting()
@click.option("--any", "is_any", is_flag=True, help="Until the first of them is complete.")
@click.option("--timeout", metavar="DURATION", callback=duration, help="At most so long; exits with 1 then.")
@json_option
@broker_option
def command(selection: Selection, is_any: bool, timeout: float | None, as_json: bool, broker: str | None) -> int:
    """Wait until tasks are complete; exits with 1 if one did not succeed.

    \b
    Examples:
      aque wait 12 13
      aque wait --any --timeout 10m 12 13
      aque wait -f 'user:me name~^render'
      aque submit make | aque wait - && echo made
    """
    from ..core.waiting import Waiter

    place = open_broker(broker)
    ids = chosen(place, selection)
    with Waiter(place, ids) as waiter:
        endings = _endings(waiter, timeout, is_any, as_json)
        late = waiter.open if not (is_any and endings) else ()
    if late:
        click.echo(f"aque: not complete after {timeout:g} s: {some(sorted(late))}", err=True)
    return int(bool(late) or any(each.state != "success" for each in endings))


def _endings(waiter: Waiter, timeout: float | None, is_any: bool, as_json: bool) -> list[Ending]:
    """Tell of each ending when it comes."""
    endings: list[Ending] = []
    until = None if timeout is None else time.monotonic() + timeout
    while found := waiter.wait(None if until is None else max(0.0, until - time.monotonic())):
        for each in found:
            (echo_ending if as_json else tell)(each)
        endings += found
        if is_any:
            break
    return endings
