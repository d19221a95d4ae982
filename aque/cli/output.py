"""aque output"""

from __future__ import annotations

import click

from ..core.broker import get_broker
from ..core.futures import Future, watch
from .options import broker_option, ids_argument
from .watch import copy_output
from .watch import watch as follow


@click.command("output")
@ids_argument()
@click.option("-w", "--watch", "is_watched", is_flag=True, help="Follow until they are complete.")
@broker_option
def command(ids: list[int], is_watched: bool, broker: str | None) -> int:
    """Show what tasks wrote to stdout and stderr."""
    place = get_broker(broker)
    place.tasks(ids)
    futures = [Future(place, each) for each in ids]
    if not is_watched:
        for future in futures:
            copy_output(future)
        return 0
    watch(place).add(futures)
    watch(place).check(ids)
    return max(follow(future) for future in futures)
