"""Where to listen: on this host alone, for what goes over a network in the open can be read and taken over."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final

from ..core import address
from ..core.errors import UsageError

_HTTP: Final = 80  # which browsers leave out


@dataclass(frozen=True, slots=True)
class Address:
    """A host of the loopback, without brackets, and a port; 0 is any that is free."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read `[HOST:]PORT`; raises UsageError for what is none, and for what others could reach."""
        found = address.read(text)
        if not found or not found.host:
            raise UsageError(f"not [HOST:]PORT: {text!r}")
        if not _is_loopback(found.host):
            raise UsageError(
                f"{found.host} could be reached from other hosts, and what it serves is not encrypted: serve on"
                f" 127.0.0.1, and reach it with ssh -L {found.port}:127.0.0.1:{found.port}"
            )
        return cls(*found)

    @property
    def shown(self) -> str:
        """As it stands in a link."""
        return self._named(address.bracketed(self.host))

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
