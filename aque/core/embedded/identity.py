"""Who the server runs as: postgres refuses root, and initdb a uid that has no account."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import BrokerUnavailable

_ACCOUNT: Final = "aque"  # never nobody or postgres: who owns the database can make its users run commands
_SUPERVISOR: Final = Path(__file__).with_name("supervisor.py")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who runs the server: nobody else (empty), `userns`, or another account as `uid:gid`."""

    name: str = ""

    @property
    def uid(self) -> int:
        """The owner of the server's files."""
        return int(self.name.split(":")[0]) if ":" in self.name else os.geteuid()

    def own(self, path: Path) -> None:
        """Give a folder and what it holds to the server's user, where that is not us."""
        if ":" not in self.name or path.lstat().st_uid == self.uid:
            return
        gid = int(self.name.split(":")[1])
        # the folder itself comes last: a chown that was cut short is seen and done again
        for each in [*path.rglob("*"), path]:
            os.lchown(each, self.uid, gid)

    def command(self, command: Sequence[str | Path]) -> list[str]:
        """A command line that runs as this user."""
        plain = [str(each) for each in command]
        return helper("exec", self.name, *plain) if self.name else plain


def choose() -> Identity:
    """Ourselves where postgres and initdb accept that; raises BrokerUnavailable where nobody else will do."""
    uid = os.geteuid()
    if uid and _has_account(uid):
        return Identity()
    account = os.environ.get("AQUE_SERVER_USER")
    if not account and _namespaces_work():
        return Identity("userns")
    if uid:
        raise BrokerUnavailable(f"PostgreSQL needs an account for uid {uid}, and user namespaces are forbidden here")
    entry = _entry(account or _ACCOUNT)
    return Identity(f"{entry.pw_uid}:{entry.pw_gid}")


def helper(*arguments: str) -> list[str]:
    """The command that runs the supervisor's file."""
    return [_python(), "-I", "-S", str(_SUPERVISOR), *arguments]


def environment() -> dict[str, str]:
    """A minimal one: settings of the starting process, LC_* or PG*, must not reach the shared server."""
    kept = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C"}


def _has_account(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _namespaces_work() -> bool:
    true = shutil.which("true") or "/bin/true"
    return subprocess.run(helper("exec", "userns", true), capture_output=True, check=False).returncode == 0


def _entry(name: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        pass
    add = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    if not shutil.which("useradd"):
        add = ["adduser", "-S", "-D", "-H", name]  # busybox
    try:
        subprocess.run(add, capture_output=True, check=True)
        return pwd.getpwnam(name)
    except (OSError, subprocess.CalledProcessError, KeyError):
        raise BrokerUnavailable(
            f"PostgreSQL does not run as root: create a system user {name!r}, or set AQUE_SERVER_USER"
        ) from None


def _python() -> str:
    """An interpreter; in a host application sys.executable may be something else."""
    if Path(sys.executable or "").name.startswith(("python", "pypy")):
        return sys.executable
    found = shutil.which("python3") or getattr(sys, "_base_executable", None)
    if not found:
        raise BrokerUnavailable("no Python interpreter found to watch the embedded server")
    return str(found)
