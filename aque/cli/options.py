"""What commands share: the broker, the selection of tasks, JSON lines, colours."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from ..core.errors import AqueError, UsageError
from . import completing

if TYPE_CHECKING:
    from ..core.broker import Broker
    from ..core.selection import Selection

Function = TypeVar("Function", bound=Callable[..., Any])


class Whole(click.IntRange):
    """A whole number within bounds; who gives something else is told so in these words."""

    name = "whole number"


class TwoWords(click.Command):
    """Says how NAME and N are given to who writes them as `submit --limit` takes them, NAME=N."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.MissingParameter as error:
            name, equals, size = next((word for word in given if "=" in word[1:]), "").partition("=")
            if not equals or name.startswith("-"):
                raise
            raise click.UsageError(
                f"NAME and N are two words here: {ctx.command_path} {name} {size or 'N'}", ctx
            ) from error


def broker_option(function: Function) -> Function:
    """`--broker URL`, which may also stand before the command."""
    return click.option(
        "--broker",
        metavar="URL",
        callback=lambda context, _, url: url or _given_before(context),
        help="The broker; default $AQUE_BROKER, else the embedded one.",
    )(function)


def _given_before(context: click.Context) -> str | None:
    """The --broker of the nearest group that the command stands behind."""
    parent = context.parent
    return None if parent is None else parent.params.get("broker") or _given_before(parent)


def open_broker(url: str | None) -> Broker:
    """The broker of a URL; what it needs is loaded here, so that a command's help does without it."""
    from ..core.broker import get_broker

    return get_broker(url)


def json_option(function: Function) -> Function:
    """`--json`"""
    return click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")(function)


def selecting(required: bool = True) -> Callable[[Function], Function]:
    """Ids of tasks (`12`, `1,2,5-9`; `-` reads stdin) and `-f FILTER`; the command takes them as one `selection`.

    Both together select those of the ids that match. Where `required`, it is a UsageError to give neither.
    """

    def decorate(function: Function) -> Function:
        @click.argument("ids", nargs=-1, metavar="[ID...]", shell_complete=completing.task_ids)
        @filter_option
        @functools.wraps(function)
        def command(*args: Any, ids: tuple[str, ...], text: str | None, **kwargs: Any) -> Any:
            return function(*args, selection=selected(ids, text, required=required), **kwargs)

        return command  # type: ignore[return-value]

    return decorate


def filter_option(function: Function) -> Function:
    """`-f FILTER`, as `text`."""
    return click.option(
        "-f",
        "--filter",
        "text",
        metavar="FILTER",
        shell_complete=completing.filters,
        help="Those that match, such as 'state:error user:me'.",
    )(function)


def selected(words: Sequence[str], text: str | None, *, required: bool = True) -> Selection:
    """The selection that ids and a filter make; raises UsageError, also where one is `required` and none given."""
    from ..core.selection import Selection

    if required and not words and text is None:
        raise UsageError("which tasks? give ids, - to read them from stdin, or -f FILTER")
    return Selection.of(read_ids(words) if words else None, text)


def chosen(broker: Broker, selection: Selection) -> list[int]:
    """The ids of a selection, in the order that was given; raises AqueError where a filter matches nothing."""
    if selection.filter is None and selection.ids is not None:
        broker.require(selection.ids)
        return list(selection.ids)
    from ..core.view import View

    found = View(broker).ids(selection)
    if not found:
        raise AqueError("nothing matches")
    return found


def color_option(function: Function) -> Function:
    """`--color`, as a truth: whether to write colours."""
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        metavar="WHEN",
        default="auto",
        callback=lambda *got: _is_coloured(got[2]),
        help="Colours: always, never, or auto: on a terminal, unless $NO_COLOR is set.",
    )(function)


def _is_coloured(choice: str) -> bool:
    if choice == "auto":
        return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return choice == "always"


_SPAN: Final = re.compile(r"([0-9]{1,19})(?:-([0-9]{1,19}))?", re.ASCII)
_LONGEST: Final = 1_000_000  # ids of one range


def read_ids(words: Iterable[str]) -> list[int]:
    """Ids from words such as `12`, `1,2,5-9`, or `-` for stdin, each once; stdin may begin with the head of a CSV.

    Raises UsageError, and AqueError where words stand for no id at all.
    """
    words = tuple(words)
    texts = (text for word in words for text in (_on_stdin() if word == "-" else [word]))
    found = dict.fromkeys(each for text in texts for part in text.split(",") if part for each in _ids(part))
    if words and not found:
        raise AqueError("no ids on stdin" if "-" in words else "no ids")
    return list(found)


def _on_stdin() -> list[str]:
    """The words on stdin, without the head of what `aque status --csv id` prints."""
    words = sys.stdin.buffer.read().decode(errors="replace").split()
    return words[1:] if words[:1] == ["id"] else words


def _ids(text: str) -> range:
    match = _SPAN.fullmatch(text)
    low, high = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if low > high or high >= 2**63:
        raise UsageError(f"not the id of a task: {text!r}")
    if high - low >= _LONGEST:
        raise UsageError(f"more than {_LONGEST:,} ids: {text} (-f 'id>={low} id<={high}' takes those that there are)")
    return range(low, high + 1)


def duration(_: click.Context, parameter: click.Parameter, text: str | None) -> float | None:
    """A callback that reads seconds from texts such as 90, 1.5h or 2h30m."""
    from ..core.units import parse_duration

    try:
        return None if text is None else parse_duration(text)
    except UsageError as error:
        raise click.BadParameter(str(error), param=parameter) from None


def echo_json(row: Any) -> None:
    """A row as one line of JSON, with the names of the fields."""
    fields = dataclasses.asdict(row) if dataclasses.is_dataclass(row) and not isinstance(row, type) else row
    click.echo(json.dumps(fields, default=_plain))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def some(ids: Iterable[int], limit: int = 10) -> str:
    """Ids in a sentence: the first ones, and how many more there are."""
    found = list(ids)
    rest = f" and {len(found) - limit} more" if len(found) > limit else ""
    return ", ".join(map(str, found[:limit])) + rest
