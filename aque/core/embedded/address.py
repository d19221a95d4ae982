"""How to reach the server, and whether it answers."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg

from ..errors import BrokerUnavailable
from . import binaries, folders
from .home import PORT, Home, locate

USER: Final = "aque"
DATABASE: Final = "postgres"  # initdb makes it; aque needs a schema of its own only
_CONNECT_SECONDS: Final = 5
# What the user's PG… variables say of other servers is not meant for this one; $PGHOSTADDR would even lead elsewhere.
_PLAIN: Final[dict[str, str | int]] = {
    "hostaddr": "",
    "options": "",
    "sslmode": "disable",
    "gssencmode": "disable",
    "channel_binding": "disable",
    "requirepeer": "",
    "target_session_attrs": "any",
}
_PLAIN_FROM_16: Final[dict[str, str | int]] = {"require_auth": "", "sslcertmode": "disable"}
_PLAIN_FROM_17: Final[dict[str, str | int]] = {"sslnegotiation": "postgres"}


def conninfo(home: Home) -> dict[str, str | int]:
    """What the driver needs to connect."""
    return {"host": str(home.run), "port": PORT, "user": USER, "dbname": DATABASE, **_plain()}


def _plain() -> dict[str, str | int]:
    libpq = psycopg.pq.version()
    newer = (_PLAIN_FROM_16 if libpq >= 160000 else {}) | (_PLAIN_FROM_17 if libpq >= 170000 else {})
    return _PLAIN | newer


def url(home: Path | str | None = None) -> str:
    """The server's address as a URL that the driver and psql take; nothing is started."""
    folder = quote(str(locate(home).run), safe="")
    return f"postgresql://{USER}@/{DATABASE}?host={folder}&port={PORT}"


def psql_command(home: Path | str | None = None) -> list[str]:
    """The command that opens psql on the server, which must be kept running by a lease meanwhile.

    The psql that belongs to the server comes first, then that on PATH; raises BrokerUnavailable where there is none.
    """
    for folder in binaries.folders_of(locate(home)):
        if found := shutil.which("psql", path=str(folder)):
            return [found, url(home)]
    if found := shutil.which("psql"):
        return [found, url(home)]
    raise BrokerUnavailable("no psql found: install the client of PostgreSQL")


def owners(home: Home) -> set[int]:
    """The uids that may own what the server uses: ours, and where root's server runs as another user, that one's."""
    found = {os.geteuid()}
    if os.geteuid() == 0 and home.data.exists():
        found.add(home.data.stat().st_uid)
    return found


def is_ours(home: Home) -> bool:
    """Whether nobody else could have put the socket there: another user's server may be behind it."""
    return folders.trusted(home.run, owners(home))


@dataclass(frozen=True, slots=True)
class Contact:
    """What a try to reach the server told: its version, or why it cannot be reached."""

    version: str | None = None
    refusal: str | None = None


def contact(home: Home) -> Contact:
    """Try to reach the server once.

    Raises BrokerUnavailable where `$PGSERVICE` names no service: the driver minds that one for every server.
    """
    if not home.socket.exists():
        return Contact(refusal="there is no socket")
    if not is_ours(home):
        return Contact(refusal=f"{home.run} is not ours alone")
    try:
        with psycopg.connect(**conninfo(home), connect_timeout=_CONNECT_SECONDS) as connection:  # type: ignore[arg-type]
            major, minor = divmod(connection.info.server_version, 10000)
            return Contact(version=f"{major}.{minor}")
    except psycopg.OperationalError as error:
        text = " ".join(str(error).split())
        if "PGSERVICE" in os.environ and "service" in text:
            raise BrokerUnavailable(f"{text}: unset PGSERVICE, which is for other servers") from None
        busy = "too many clients" in text or "remaining connection slots" in text
        return Contact(refusal=None if busy else text)


def refusal(home: Home) -> str | None:
    """Why the server cannot be reached; None where it answers."""
    return contact(home).refusal


def answers(home: Home) -> bool:
    """Whether a server is there, even where it has no room for one more connection."""
    return refusal(home) is None
