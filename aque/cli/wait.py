"""aque wait"""

from __future__ import annotations

import time
from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Final

import click

from .endings import echo_ending, tell
from .options import broker_option, chosen, duration, json_option, open_broker, selecting, some

if TYPE_CHECKING:
    from ..core.queries.tasks import Ending
    from ..core.selection import Selection
    from ..core.waiting import Waiter

_MOMENT: Final = 1.5  # seconds until someone is told that there is no worker
_LONG: Final = 3600.0  # seconds of one wait after that


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
    from .watch import note_if_nobody_works

    place = open_broker(broker)
    ids = chosen(place, selection)
    with Waiter(place, ids) as waiter:
        endings = _endings(
            waiter, timeout, is_any, as_json, note_if_nobody_works(place, f"{some(ids)} wait{'s' * (len(ids) == 1)}")
        )
        late = waiter.open if not (is_any and endings) else ()
    if late:
        click.echo(f"aque: not complete after {timeout:g} s: {some(sorted(late))}", err=True)
    return int(bool(late) or any(each.state != "success" for each in endings))


def _endings(
    waiter: Waiter, timeout: float | None, is_any: bool, as_json: bool, note: Callable[[], None]
) -> list[Ending]:
    """Tell of each ending when it comes; `note` is called once after a while, and says who might bring them."""
    endings: list[Ending] = []
    until = inf if timeout is None else time.monotonic() + timeout
    pause = _MOMENT
    while waiter.open:
        left = max(0.0, until - time.monotonic())
        found = waiter.wait(min(left, pause))
        if not found and not left:
            break
        if not found:
            note()
            pause = _LONG
        for each in found:
            (echo_ending if as_json else tell)(each)
        endings += found
        if is_any and found:
            break
    return endings
