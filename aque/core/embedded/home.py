"""Where the server lives: one folder that belongs to its user alone."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import BrokerUnavailable

PORT: Final = 5432  # of no TCP port: it is a part of the socket's name
SOCKET: Final = f".s.PGSQL.{PORT}"
_LONGEST_SOCKET: Final = 103  # bytes that fit into sun_path on every system: macOS has the least


@dataclass(frozen=True, slots=True)
class Home:
    """The places of one server, by the folder that holds them all."""

    root: Path

    @property
    def data(self) -> Path:
        """The cluster's data: whole, or not there."""
        return self.root / "data"

    @property
    def programs(self) -> Path:
        """PostgreSQL's programs, a folder for each version: the environment they came from may vanish."""
        return self.root / "pgsql"

    @property
    def log(self) -> Path:
        """What the server, its creation and its supervisor say."""
        return self.root / "server.log"

    @property
    def owner(self) -> Path:
        """The name of the host that started the server last."""
        return self.root / "owner"

    @property
    def start_lock(self) -> Path:
        """Held by whoever creates, starts or stops the server."""
        return self.root / "start.lock"

    @property
    def server_lock(self) -> Path:
        """Held by every process of the server."""
        return self.root / "server.lock"

    @property
    def users_lock(self) -> Path:
        """Held by everyone who uses the server."""
        return self.root / "users.lock"

    @property
    def run(self) -> Path:
        """The folder of the socket: `run`, or a short one where its name would be too long or too odd for libpq."""
        inside = self.root / "run"
        return inside if _fits(inside / SOCKET) else _temporary() / f"aque-{os.geteuid()}-{_digest(self.root)}"

    @property
    def socket(self) -> Path:
        """Where the server listens."""
        return self.run / SOCKET


def locate(home: Path | str | None = None) -> Home:
    """The home that is meant: as given, else `$AQUE_HOME`, else the user's own place. Nothing is created.

    Links are followed, so that one server has one name. Raises BrokerUnavailable for a name with control characters.
    """
    path = os.path.realpath(Path(home or os.environ.get("AQUE_HOME") or _default()).expanduser())
    if any(character < " " or character == "\x7f" for character in path):
        raise BrokerUnavailable(f"the broker's home must have no control characters in its name: {path!r}")
    return Home(Path(path))


def _default() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/aque/broker")  # not in root's home: the server may have to run as another user
    import platformdirs

    return platformdirs.user_data_path("aque") / "broker"


def _fits(socket: Path) -> bool:
    """Whether libpq can be told this name: a comma would part two hosts, and bytes must be UTF-8 of something."""
    name = str(socket)
    return name.isprintable() and "," not in name and len(os.fsencode(name)) <= _LONGEST_SOCKET


def _temporary() -> Path:
    """The system's folder: $TMPDIR and $XDG_RUNTIME_DIR differ between sessions of one user, who has one server."""
    return Path("/tmp") if os.access("/tmp", os.W_OK) else Path(tempfile.gettempdir())


def _digest(path: Path) -> str:
    import hashlib  # which few need, and which takes long to load

    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
