"""aque call"""

from __future__ import annotations

import json
from typing import Any

import click

from ..core.queue import Queue
from .options import broker_option
from .watch import watch


@click.command("call", context_settings={"ignore_unknown_options": True})
@click.option("-w", "--watch", "is_watched", is_flag=True, help="Show its output, and exit as it does.")
@broker_option
@click.argument("func", metavar="MODULE:FUNC")
@click.argument("arguments", nargs=-1, metavar="[ARG...] [K=V...]")
def command(broker: str | None, func: str, arguments: tuple[str, ...], is_watched: bool) -> int:
    """Queue a Python function; arguments are read as JSON where they parse."""
    args = [_value(each) for each in arguments if not _is_pair(each)]
    kwargs = {name: _value(text) for name, _, text in (each.partition("=") for each in arguments if _is_pair(each))}
    future = Queue(broker=broker).submit_ex(func, args, kwargs)
    if not is_watched:
        click.echo(future.id)
        return 0
    return watch(future)


def _is_pair(text: str) -> bool:
    return text.partition("=")[0].isidentifier() and "=" in text


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
