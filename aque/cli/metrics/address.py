"""Where to listen."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import click

_PLACE: Final = re.compile(r"(?:(?P<name>[^\[\]:]*|\[[0-9a-fA-F:.]+\]):)?(?P<port>[0-9]{1,5})")
_LOOPBACK: Final = "127.0.0.1"
_LAST: Final = 65535


class Place(NamedTuple):
    """A host, by name or number, and a port; 0 is any that is free."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def read_address(context: click.Context, parameter: click.Parameter, text: str | None) -> Place | None:
    """A callback that reads `PORT`, `HOST:PORT` or `[IPV6]:PORT`."""
    if text is None:
        return None
    found = _PLACE.fullmatch(text)
    if found is None or int(found["port"]) > _LAST:
        raise click.BadParameter(f"{text!r} is not [HOST:]PORT", context, parameter)
    return Place((found["name"] or _LOOPBACK).strip("[]"), int(found["port"]))
