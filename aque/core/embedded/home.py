"""Where one user's embedded server lives, and the checks that make the place safe to use."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from ..errors import BrokerUnavailable

PORT: Final = 5432
SOCKET: Final = f".s.PGSQL.{PORT}"
_LONGEST: Final = 103  # bytes of a socket's path: sun_path of macOS, less its final zero


@dataclass(frozen=True)
class Home:
    """The folder of one embedded server and the names inside it."""

    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def programs(self) -> Path:
        """Copies of the wheel's programs, by version."""
        return self.root / "pgsql"

    @property
    def log(self) -> Path:
        return self.root / "server.log"

    @property
    def owner(self) -> Path:
        """Names the machine that started the server."""
        return self.root / "owner"

    @property
    def start_lock(self) -> Path:
        return self.root / "start.lock"

    @property
    def server_lock(self) -> Path:
        return self.root / "server.lock"

    @property
    def users_lock(self) -> Path:
        return self.root / "users.lock"

    @property
    def run(self) -> Path:
        """`run` in the home, or a short private folder where that name would not do for a socket.

        Not in XDG_RUNTIME_DIR or TMPDIR: they differ between the sessions of one user.
        """
        path = self.root / "run"
        name = str(path)
        if len(os.fsencode(path / SOCKET)) <= _LONGEST and name.isprintable() and "," not in name:
            return path
        tag = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return _temporary() / f"aque-{os.geteuid()}-{tag}"

    @property
    def socket(self) -> Path:
        return self.run / SOCKET


def locate(path: Path | str | None = None) -> Home:
    """The home at `path`, else at $AQUE_HOME, else the user's own; nothing is made.

    Raises BrokerUnavailable for a name with control characters.
    """
    root = Path(os.path.abspath(path or os.environ.get("AQUE_HOME") or _default()))  # noqa: PTH100 - keeps symlinks
    if any(ord(character) < 32 for character in str(root)):
        raise BrokerUnavailable(f"the broker's home {str(root)!r} has a control character in its name")
    return Home(root)


def _temporary() -> Path:
    return Path("/tmp") if os.access("/tmp", os.W_OK) else Path(tempfile.gettempdir())


def _default() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/aque/broker")  # not root's home: the server may have to run as another user
    return platformdirs.user_data_path("aque") / "broker"
