"""What commands share: the broker, ids, JSON lines."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

import click

from ..core.errors import UsageError
from ..core.text import clean

__all__ = ["broker_option", "clean", "echo_json", "ids_argument", "json_option", "read_ids"]

Function = TypeVar("Function", bound=Callable[..., Any])


def broker_option(function: Function) -> Function:
    """`--broker URL`"""
    return click.option("--broker", metavar="URL", help="The broker; default $AQUE_BROKER, else the embedded one.")(
        function
    )


def json_option(function: Function) -> Function:
    """`--json`"""
    return click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")(function)


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
