"""aque call"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import click

from ..core.errors import UsageError
from .options import open_broker
from .task_options import fields, queue_and_show, task_options

if TYPE_CHECKING:
    from ..core.queries.tasks import Ending

_SHOWN: Final = 1 << 16  # characters of a result


def _name(_: click.Context, __: click.Parameter, text: str) -> str:
    module, _colon, name = text.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), *name.split("."))):
        raise click.BadParameter(f"{text!r} is not package.module:function")
    return text


@click.command("call", context_settings={"ignore_unknown_options": True})
@task_options
@click.argument("func", metavar="MODULE:FUNC", callback=_name)
@click.argument("arguments", nargs=-1, metavar="[ARG]... [K=V]...")
def command(
    func: str, arguments: tuple[str, ...], broker: str | None, is_watched: bool, as_json: bool, **given: Any
) -> int:
    """Queue a Python function; its id is printed.

    Arguments are read as JSON where they parse, and are texts otherwise. The function is looked for where the task
    runs, in --interpreter (default: the one that runs aque). With --watch its output is shown, then its value; the exit
    status is 1 if it raised an error.

    \b
    Examples:
      aque call -w math:sqrt 2
      aque call -c 4 render.jobs:frame 17 '{"size": [640, 480]}' quality=high
    """
    place = open_broker(broker)
    args = [_value(each) for each in arguments if not _is_pair(each)]
    kwargs = {name: _value(text) for name, _, text in (each.partition("=") for each in arguments if _is_pair(each))}
    prototype = {"func": func, "args": args, "kwargs": kwargs, **fields(given, place.now)}
    return queue_and_show(place, prototype, is_watched=is_watched, as_json=as_json, at_end=_echo_value)


def _is_pair(text: str) -> bool:
    return text.partition("=")[0].isidentifier() and "=" in text


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
    except RecursionError:
        raise UsageError(f"an argument is nested too deeply: {text[:20]}…") from None


def _echo_value(ending: Ending) -> None:
    """What the function returned, in words: a stored value is not rebuilt here. None says nothing, as in Python."""
    from ..core.child.codec import describe

    if ending.result not in (None, "null"):
        click.echo(describe(json.loads(ending.result or ""), _SHOWN))
