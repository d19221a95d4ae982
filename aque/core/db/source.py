"""Where connections come from: a server that is there, or the embedded one, started when it is needed."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import psycopg
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict

from .. import config, embedded
from ..errors import AqueError, BrokerError, BrokerUnavailable, UsageError
from . import pooler
from .failures import translate, translated

# Every statement and every wait of a session has an end, whatever the server or the network does.
_LIMITS: Final = {
    "statement_timeout": "30s",
    "lock_timeout": "15s",
    "idle_in_transaction_session_timeout": "60s",
    "client_connection_check_interval": "5s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "20000",
    "search_path": "pg_catalog",
    "timezone": "UTC",
    "jit": "off",
    "random_page_cost": "1.1",  # what is hot lies in memory: a few rows by their keys, not whole tables
    "default_transaction_isolation": "read\\ committed",
}
_PARAMETERS: Final = {
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
_SECRETS: Final = re.compile(r"(://[^/?#@:]*:)[^/?#]*(?=@)|(password=)[^&\s]*")
_CREDENTIALS: Final = ("user", "password", "sslkey", "sslpassword", "passfile")

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]


class BrokerGone(BrokerError):
    """The embedded broker that was in use is deleted: a new one in its place would know nothing of what was done."""


class _Text(Loader):
    def load(self, data: Any) -> str:
        return bytes(data).decode()


class Source:
    """Connections to one broker.

    `url` is `postgresql://…` or `embedded:` with an optional path.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.embedded = config.is_embedded(url)
        self._lock = threading.Lock()
        self._lease: object = None
        self._has_options = True
        if not self.embedded:
            _check(url)

    def address(self) -> str:
        """The URL that leads here from any folder and environment."""
        return f"embedded:{embedded.locate(config.embedded_home(self.url)).root}" if self.embedded else self.url

    def __str__(self) -> str:
        return public_url(self.url)

    def conninfo(self) -> dict[str, Any]:
        """What the driver needs to connect now; starts the embedded server where it does not run."""
        return self._told(self._place())

    def connect(self) -> Connection:
        """A new connection in autocommit mode; raises BrokerUnavailable."""
        if conn := self._join():
            return conn
        try:
            conn = self._dial()
            if not self._has_options and pooler.has_session(conn):  # the pooler that refused them is out of the way
                conn.close()
                self._has_options = True
                conn = self._dial()
        except psycopg.OperationalError as error:
            raise unreachable(self.url, error) from error
        return conn

    def configure(self, conn: Connection) -> None:
        """Prepare a new connection. Encoded values stay texts on this side: only tasks and futures read them."""
        conn.adapters.register_loader("json", _Text)
        pooler.adapt(conn, is_private=self.embedded)

    def _join(self) -> Connection | None:
        """One to an embedded server that runs, as most do: to ask it first whether it does would cost another."""
        if not self.embedded:
            return None
        with self._lock:
            if (endpoint := embedded.join(config.embedded_home(self.url))) is None:
                return None
            self._lease = endpoint.lease
        try:
            return self._made(endpoint.conninfo)
        except psycopg.OperationalError:
            return None

    def _dial(self) -> Connection:
        """Without the time limits that the server is to keep where a pooler does not let them through."""
        try:
            return self._made(self._place())
        except psycopg.OperationalError as error:
            if not (self._has_options and pooler.refuses_options(error)):
                raise
            self._has_options = False
            return self._made(self._place())

    def _made(self, place: Mapping[str, Any]) -> Connection:
        conn = psycopg.connect(**self._told(place), autocommit=True)
        self.configure(conn)
        return conn

    def _told(self, place: Mapping[str, Any]) -> dict[str, Any]:
        """What the driver is told to connect to a place."""
        options = " ".join(f"-c {name}={value}" for name, value in _LIMITS.items())
        asked = {"options": options} if self._has_options else {}
        return {**_PARAMETERS, **place, **asked, "application_name": "aque"}

    def _place(self) -> dict[str, Any]:
        if not self.embedded:
            with translated():
                return conninfo_to_dict(self.url)
        home = config.embedded_home(self.url)
        with self._lock:
            if self._lease and not (place := embedded.locate(home)).data.exists():
                raise BrokerGone(f"the embedded broker {place.root} was deleted, and all that it held")
            endpoint = embedded.ensure(home)
            self._lease = endpoint.lease
            return dict(endpoint.conninfo)


def public_url(url: str) -> str:
    """A URL without its passwords, to be shown."""
    return _SECRETS.sub(r"\1\2…", url)


def without_credentials(url: str) -> str:
    """A URL without user and password, for a process that has its own."""
    if config.is_embedded(url):
        return url
    parts = urlsplit(url)
    asked = [(name, value) for name, value in parse_qsl(parts.query) if name not in _CREDENTIALS]
    query = urlencode(asked, quote_via=quote)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}{'?' if query else ''}{query}"


def unreachable(url: str, error: psycopg.Error) -> AqueError:
    """The one line that tells why a broker cannot be reached."""
    told = translate(error)
    if type(told) is BrokerUnavailable and error.sqlstate is None:
        return BrokerUnavailable(f"cannot reach the broker {public_url(url)}: {_reason(error)}")
    return told


def _reason(error: psycopg.Error) -> str:
    """What the driver says, on one line: of the one server, or of each of several."""
    lines = [" ".join(line.split()) for line in str(error).splitlines() if line.strip()]
    each = [line.rpartition("connection failed: ")[2] for line in lines if line.startswith("- host: ")]
    return "; ".join(dict.fromkeys(each)) or (lines[0] if lines else type(error).__name__)


def _check(url: str) -> None:
    if not url.startswith(("postgresql://", "postgres://")):
        raise UsageError(
            f"not a broker: {public_url(url)!r} (write postgresql://host/database, embedded: or embedded:/path)"
        )
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise UsageError(f"not a broker: {public_url(url)!r}: {error}".strip()) from None
