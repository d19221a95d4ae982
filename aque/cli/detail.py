"""All that is known of tasks, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

import click

from ..core.fields import FIELDS
from ..core.fields.detail import DETAILS
from ..core.text import clean
from .options import echo_json

if TYPE_CHECKING:
    from ..core.broker import Broker
    from ..core.details import Detail

_CHUNK: Final = 200  # tasks that are asked for at once
_WIDTH: Final = max(len(each.name) for each in (*FIELDS, *DETAILS)) + 2
_FIELDS: Final = [field for field in FIELDS if field.is_listed]


def show(broker: Broker, ids: Sequence[int], now: datetime, *, as_json: bool, environ: bool) -> int:
    """Show all there is to know of tasks; how many there were."""
    count = 0
    for count, detail in enumerate(_details(broker, ids, now, environ), 1):
        if as_json:
            echo_json(_plain(detail, now, environ))
        else:
            _tell(detail, now, is_first=count == 1)
    return count


def _details(broker: Broker, ids: Sequence[int], now: datetime, environ: bool) -> Iterator[Detail]:
    from ..core.queries.detail import detail

    for start in range(0, len(ids), _CHUNK):
        yield from broker.read(detail, ids[start : start + _CHUNK], now, environ=environ)


def _plain(detail: Detail, now: datetime, environ: bool) -> dict[str, object]:
    listed = {field.name: field.plain(detail.row, now) for field in _FIELDS}
    more = {item.name: item.plain(detail) for item in DETAILS if environ or item.name != "environ"}
    return {**listed, **more}


def _tell(detail: Detail, now: datetime, *, is_first: bool) -> None:
    """A line for each thing that there is; those with more begin below their name."""
    if not is_first:
        click.echo()
    for field in _FIELDS:
        if text := field.show(detail.row, now):
            click.echo(f"{field.name:<{_WIDTH}}{clean(text)}")
    for item in DETAILS:
        for place, text in enumerate(item.show(detail)):
            click.echo(f"{'' if place else item.name:<{_WIDTH}}{clean(text)}")
