"""Tasks for programs: JSON, CSV, and lines of a pattern."""

from __future__ import annotations

import csv
import io
import json
import string
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, TypeAlias

import click

from ..core.errors import UsageError
from ..core.fields import FIELDS, Field, find, parse_names
from ..core.rows import TaskRow
from ..core.text import clean
from .options import echo_json

Format: TypeAlias = Callable[[TaskRow, datetime], None]


def json_format() -> Format:
    """One object a line, with all fields."""
    fields = [field for field in FIELDS if field.is_listed]
    return lambda row, now: echo_json({field.name: field.plain(row, now) for field in fields})


def csv_format(names: str) -> Format:
    """A line of names, written at once, and one for each task; raises UsageError for a field that is not there."""
    fields = parse_names(names)
    echo_csv(field.name for field in fields)
    return lambda row, now: echo_csv(_flat(field.plain(row, now)) for field in fields)


def pattern_format(pattern: str) -> Format:
    """Lines such as `{id:>6} {name}`; raises UsageError for what is no such pattern."""
    parts = list(_parts(pattern))

    def write(row: TaskRow, now: datetime) -> None:
        click.echo("".join(text + _formatted(field, spec, row, now) for text, field, spec in parts))

    return write


def _parts(pattern: str) -> Iterator[tuple[str, Field | None, str]]:
    """A text, the field that follows it, and how that is filled up."""
    try:
        for text, name, spec, _ in string.Formatter().parse(pattern):
            yield text, None if name is None else find(name, lambda field: field.is_listed), spec or ""
    except UsageError:
        raise
    except ValueError as error:
        raise UsageError(f"--pattern: {error}: {pattern!r} (write '{{id}} {{name:<20}}')") from None


def _formatted(field: Field | None, spec: str, row: TaskRow, now: datetime) -> str:
    try:
        return format(clean(field.show(row, now)), spec) if field else ""
    except ValueError as error:
        raise UsageError(f"--pattern: {error}: {spec!r} (write < or >, and a width)") from None


def _flat(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ",".join(value)
    return "" if value is None else json.dumps(value)


def echo_csv(values: Iterable[str]) -> None:
    """One line of comma-separated values; on a terminal nothing that it obeys."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(list(map(clean, values)) if sys.stdout.isatty() else list(values))
    click.echo(line.getvalue(), nl=False)
