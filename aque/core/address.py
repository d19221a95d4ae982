"""Where something listens: `[HOST:]PORT`."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

LOOPBACK: Final = "127.0.0.1"
_WRITTEN: Final = re.compile(r"(?:(?P<host>[^\[\]:]*|\[[0-9a-fA-F:.]+\]):)?(?P<port>[0-9]{1,5})")
_LAST: Final = 65535


class Address(NamedTuple):
    """A host, by name or number and without brackets, and a port; 0 is any that is free."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{bracketed(self.host)}:{self.port}"


def read(text: str) -> Address | None:
    """What is written as `PORT` (of this host), `HOST:PORT` or `[IPV6]:PORT`; None for anything else.

    The host of `:PORT` is empty.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None or int(found["port"]) > _LAST:
        return None
    host = LOOPBACK if found["host"] is None else found["host"]
    return Address(host.strip("[]"), int(found["port"]))


def bracketed(host: str) -> str:
    """A host as it stands before a port."""
    return f"[{host}]" if ":" in host else host
