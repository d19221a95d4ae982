"""Where one user's embedded server lives, and the checks that make the place safe to use."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from ..errors import BrokerUnavailable

PORT: Final = 5432
USER: Final = "aque"
DATABASE: Final = "postgres"  # initdb makes this database; aque needs a schema of its own only
_SOCKET: Final = f".s.PGSQL.{PORT}"
_LONGEST: Final = 103  # bytes of a socket's path: sun_path of macOS, less its final zero


@dataclass(frozen=True)
class Home:
    """The folder of one embedded server and the names inside it."""

    root: Path

    @classmethod
    def locate(cls, path: Path | str | None = None) -> Home:
        """The home at `path`, else at $AQUE_HOME, else the user's own."""
        root = Path(os.path.abspath(path or os.environ.get("AQUE_HOME") or _default()))  # noqa: PTH100 - keeps symlinks
        if any(ord(character) < 32 for character in str(root)):
            raise BrokerUnavailable(f"the broker's home {str(root)!r} has a control character in its name")
        return cls(root)

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def kept(self) -> Path:
        """Copies of the wheel's programs, by version."""
        return self.root / "pgsql"

    @property
    def log(self) -> Path:
        return self.root / "server.log"

    @property
    def owner_file(self) -> Path:
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
    def sockets(self) -> Path:
        """`run` in the home, or a short private folder where that name would not do for a socket.

        Not in XDG_RUNTIME_DIR or TMPDIR: they differ between the sessions of one user.
        """
        path = self.root / "run"
        name = str(path)
        if len(os.fsencode(path / _SOCKET)) <= _LONGEST and name.isprintable() and "," not in name:
            return path
        tag = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return _temporary() / f"aque-{os.geteuid()}-{tag}"

    @property
    def socket(self) -> Path:
        return self.sockets / _SOCKET

    def conninfo(self) -> dict[str, str | int]:
        """What a driver needs to connect."""
        return {"host": str(self.sockets), "port": PORT, "user": USER, "dbname": DATABASE}

    def prepare(self) -> None:
        """Make the folder where it is missing; raise BrokerUnavailable where it cannot be used."""
        # As root the server may have to run as another user, who must be able to pass through.
        make_private(self.root, mode=0o711 if os.geteuid() == 0 else 0o700, what="the broker's home")
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise BrokerUnavailable(f"the broker's home {self.root} is not writable")

    def sockets_are_safe(self) -> bool:
        """Whether nobody else can have put a server of theirs into the socket's folder."""
        try:
            found = self.sockets.lstat()
            owners = {os.geteuid()} | ({self.data.lstat().st_uid} if os.geteuid() == 0 else set())
        except OSError:
            return False
        return stat.S_ISDIR(found.st_mode) and found.st_uid in owners and not found.st_mode & 0o022


def make_private(path: Path, *, mode: int, what: str, owners: frozenset[int] = frozenset()) -> None:
    """Make a folder that only this user (or one of `owners`) can write to, or check that it is one."""
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
        found = path.stat() if what == "the broker's home" else path.lstat()
    except (FileExistsError, NotADirectoryError):
        raise BrokerUnavailable(f"{what} {path} is not a folder") from None
    except PermissionError:
        raise BrokerUnavailable(f"{what} {path} is not writable") from None
    if not stat.S_ISDIR(found.st_mode):
        raise BrokerUnavailable(f"{what} {path} is not a folder")
    if found.st_uid not in owners | {os.geteuid()}:
        raise BrokerUnavailable(f"{what} {path} belongs to another user (uid {found.st_uid})")
    if found.st_mode & 0o022:
        raise BrokerUnavailable(f"{what} {path} is not private: others may write to it (chmod go-w)")


def _temporary() -> Path:
    return Path("/tmp") if os.access("/tmp", os.W_OK) else Path(tempfile.gettempdir())  # noqa: S108


def _default() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/aque/broker")  # not root's home: the server may have to run as another user
    return platformdirs.user_data_path("aque") / "broker"
