"""aque wait"""

from __future__ import annotations

import concurrent.futures

import click

from ..core.broker import get_broker
from ..core.futures import Future, watch
from .options import broker_option, echo_json, ids_argument, json_option


@click.command("wait")
@ids_argument()
@click.option("--timeout", type=float, help="Seconds to wait at most; exits with 1 then.")
@json_option
@broker_option
def command(ids: list[int], timeout: float | None, as_json: bool, broker: str | None) -> int:
    """Wait until tasks are complete; exits with 1 if one did not succeed."""
    place = get_broker(broker)
    place.tasks(ids)
    futures = [Future(place, each) for each in ids]
    watch(place).add(futures)
    watch(place).check(ids)
    is_late = bool(concurrent.futures.wait(futures, timeout).not_done)
    endings = place.outcomes(ids)
    for each in endings if as_json else ():
        echo_json(each)
    return int(is_late or any(each.state != "success" for each in endings))
