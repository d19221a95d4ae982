"""aque why"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from ..core.text import clean
from .options import broker_option, echo_json, json_option, open_broker, selecting

if TYPE_CHECKING:
    from ..core.broker import Broker
    from ..core.selection import Selection
    from ..core.why import Why

_CHUNK: Final = 200  # tasks that are asked for at once


@click.command("why")
@selecting()
@json_option
@broker_option
def command(selection: Selection, as_json: bool, broker: str | None) -> int:
    """Tell why tasks do not run now, what would change it, and about when they start.

    Of tasks that run it tells where, and of those that are complete how they ended.

    \b
    Examples:
      aque why 12
      aque why -f 'state:pending age>1h'
      aque why --json 12 | jq '.reasons[0].name'
    """
    place = open_broker(broker)
    nothing_yet = True
    for each in _explained(place, selection):
        if not (as_json or nothing_yet):
            click.echo()
        nothing_yet = False
        echo_json(asdict(each)) if as_json else _tell(each)
    if nothing_yet:
        click.echo("nothing matches", err=True)
    return 1 if nothing_yet else 0


def _explained(broker: Broker, selection: Selection) -> Iterator[Why]:
    from ..core.view import View
    from ..core.why import explain

    ids = View(broker).ids(selection)
    wanted = list(selection.ids) if selection.ids and not selection.filter else ids
    for start in range(0, len(wanted), _CHUNK):
        yield from broker.read(explain, wanted[start : start + _CHUNK])


def _tell(why: Why) -> None:
    click.echo(f"{why.id}  {clean(why.name)}  {why.state}")
    for reason in why.reasons:
        click.echo(f"  {reason.text}")
        if reason.remedy:
            click.echo(f"    {reason.remedy}")
    if why.starts_in:
        from ..core.units import show_duration

        click.echo(f"  It starts in about {show_duration(why.starts_in)}.")
