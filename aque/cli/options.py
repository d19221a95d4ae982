"""What commands share: the broker, the selection of tasks, JSON lines, colours."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

import click

from ..core.errors import UsageError

Function = TypeVar("Function", bound=Callable[..., Any])


def broker_option(function: Function) -> Function:
    """`--broker URL`"""
    return click.option("--broker", metavar="URL", help="The broker; default $AQUE_BROKER, else the embedded one.")(
        function
    )


def json_option(function: Function) -> Function:
    """`--json`"""
    return click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")(function)


def selecting(required: bool = True) -> Callable[[Function], Function]:
    """Ids of tasks (`-` reads them from stdin) and `-f FILTER`; the command takes them as one `selection`.

    Both together select those of the ids that match. Where `required`, it is a UsageError to give neither.
    """

    def decorate(function: Function) -> Function:
        @click.argument("ids", nargs=-1, metavar="[ID...]")
        @click.option(
            "-f", "--filter", "text", metavar="FILTER", help="Those that match, such as 'state:error user:me'."
        )
        @functools.wraps(function)
        def command(*args: Any, ids: tuple[str, ...], text: str | None, **kwargs: Any) -> Any:
            from ..core.selection import Selection

            if required and not ids and text is None:
                raise UsageError("which tasks? give ids, - to read them from stdin, or -f FILTER")
            selection = Selection.of(read_ids(ids) if ids else None, text)
            return function(*args, selection=selection, **kwargs)

        return command  # type: ignore[return-value]

    return decorate


def color_option(function: Function) -> Function:
    """`--color`, as a truth: whether to write colours."""
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        callback=lambda *got: _is_coloured(got[2]),
        help="Colours; auto: on a terminal, unless $NO_COLOR is set.",
    )(function)


def _is_coloured(choice: str) -> bool:
    if choice == "auto":
        return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return choice == "always"


def ids_argument(required: bool = True) -> Callable[[Function], Function]:
    """Ids of tasks; `-` reads them from stdin."""
    return click.argument("ids", nargs=-1, required=required, metavar="ID...", callback=lambda *got: read_ids(got[2]))


def read_ids(words: Iterable[str]) -> list[int]:
    """Ids from words; raises UsageError."""
    found: list[int] = []
    for word in words:
        for each in sys.stdin.read().split() if word == "-" else [word]:
            if not each.isdecimal() or int(each) >= 2**63:
                raise UsageError(f"not the id of a task: {each!r}")
            found.append(int(each))
    return list(dict.fromkeys(found))


def echo_json(row: Any) -> None:
    """A row as one line of JSON, with the names of the fields."""
    fields = dataclasses.asdict(row) if dataclasses.is_dataclass(row) and not isinstance(row, type) else row
    click.echo(json.dumps(fields, default=_plain))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def clean(text: str) -> str:
    """A text of a task's, with nothing in it that a terminal obeys."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
