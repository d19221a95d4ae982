"""Where to listen: on this host alone, for what goes over a network in the open can be read and taken over."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from ..core.errors import UsageError

_ADDRESS: Final = re.compile(r"(?:(\[[0-9a-fA-F:.]+\]|[^:\[\]]+):)?([0-9]{1,5})", re.ASCII)
_HTTP: Final = 80  # which browsers leave out


@dataclass(frozen=True, slots=True)
class Address:
    """A host of the loopback, without brackets, and a port; 0 is any that is free."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read `[HOST:]PORT`; raises UsageError for what is none, and for what others could reach."""
        match = _ADDRESS.fullmatch(text)
        if not match or int(match[2]) > 65535:
            raise UsageError(f"not [HOST:]PORT: {text!r}")
        host = (match[1] or "127.0.0.1").strip("[]")
        if not _is_loopback(host):
            raise UsageError(
                f"{host} could be reached from other hosts, and what it serves is not encrypted: serve on 127.0.0.1,"
                f" and reach it with ssh -L {match[2]}:127.0.0.1:{match[2]}"
            )
        return cls(host, int(match[2]))

    @property
    def shown(self) -> str:
        """As it stands in a link."""
        return self._named(f"[{self.host}]" if ":" in self.host else self.host)

    @property
    def names(self) -> frozenset[str]:
        """How browsers may call it."""
        return frozenset({self.shown, self._named("localhost")})

    def _named(self, host: str) -> str:
        return host if self.port == _HTTP else f"{host}:{self.port}"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
