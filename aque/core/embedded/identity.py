"""As whom the server runs: as ourselves, except where PostgreSQL refuses (root, or a uid without a name)."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import BrokerUnavailable
from .supervisor import FORBIDDEN

_SUPERVISOR: Final = Path(__file__).with_name("supervisor.py")
_ACCOUNT: Final = "aque"  # never nobody or postgres: who owns the database can make root's workers run commands
_KEPT: Final = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who runs the server's programs; `name` is that of the supervisor's command line."""

    name: str
    uid: int
    gid: int

    def own(self, path: Path) -> None:
        """Give a file or folder to this identity, with all it holds; the top comes last and tells that it is done."""
        if path.lstat().st_uid == self.uid:
            return
        for inner in [*path.rglob("*"), path]:
            os.chown(inner, self.uid, self.gid, follow_symlinks=False)

    def command(self, program: Iterable[str | Path]) -> list[str]:
        """The program's command line, run as this identity."""
        plain = [str(part) for part in program]
        return helper("exec", self.name, *plain) if self.name else plain


def choose() -> Identity:
    """Ourselves; as root a user namespace, which needs no account, or else the system's user `aque`.

    Raises BrokerUnavailable where PostgreSQL accepts none of them.
    """
    uid, account = os.geteuid(), os.environ.get("AQUE_SERVER_USER")
    if uid and _has_name(uid):
        return Identity("", uid, os.getegid())
    if not account and _namespaces_work():
        return Identity("userns", uid, os.getegid())
    if uid:
        raise BrokerUnavailable(
            f"PostgreSQL does not run as uid {uid}, which has no entry in passwd, and user namespaces are not allowed"
            " here: add an entry, or set AQUE_BROKER to a shared server"
        )
    entry = _named(account) if account else _entry(_ACCOUNT)
    return Identity(f"{entry.pw_uid}:{entry.pw_gid}", entry.pw_uid, entry.pw_gid)


def check_way(identity: Identity, path: Path) -> None:
    """Raises BrokerUnavailable where another identity than ours cannot get to a folder."""
    if identity.uid == os.geteuid():
        return
    for folder in path.parents:
        found = folder.stat()
        own, group = found.st_uid == identity.uid, found.st_gid == identity.gid
        if not found.st_mode & (0o100 if own else 0o010 if group else 0o001):
            raise BrokerUnavailable(
                f"the server runs as the user {pwd.getpwuid(identity.uid).pw_name!r}, who may not pass {folder}:"
                f" `chmod o+x {folder}`, or set AQUE_HOME to a folder that all can reach"
            )


def helper(*arguments: str) -> list[str]:
    """The command line of our supervisor."""
    return [interpreter(), "-I", "-S", str(_SUPERVISOR), *arguments]


def interpreter() -> str:
    """A Python to run it: sys.executable is the host application's where Python is embedded in one."""
    own = [getattr(sys, "_base_executable", None), sys.executable, f"{sys.base_prefix}/bin/python3"]
    for path in [*own, shutil.which("python3"), shutil.which("python")]:
        if path and re.fullmatch(r"(python|pypy)[\d.]*t?", Path(path).name) and os.access(path, os.X_OK):
            return str(path)
    raise BrokerUnavailable("no Python interpreter found to supervise the server: put python3 on PATH")


def environment() -> dict[str, str]:
    """The server's environment: nothing of the starter's but where programs and libraries are."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ} | {"LC_ALL": "C"}


def _has_name(uid: int) -> bool:
    try:
        return bool(pwd.getpwuid(uid))
    except KeyError:
        return False


def _namespaces_work() -> bool:
    """Raises BrokerUnavailable where nobody can tell: an account is added only where they are known not to work."""
    done = subprocess.run(helper("check", "userns"), capture_output=True, text=True, errors="replace", check=False)
    if done.returncode in (0, FORBIDDEN):
        return done.returncode == 0
    told = " ".join(done.stderr.split())[-200:]
    raise BrokerUnavailable(f"the server's supervisor does not run ({interpreter()}, status {done.returncode}): {told}")


def _named(account: str) -> pwd.struct_passwd:
    """The entry of an account that someone asked for, which is never added: it may be a slip of the pen."""
    try:
        return pwd.getpwnam(account)
    except KeyError:
        raise BrokerUnavailable(f"AQUE_SERVER_USER: there is no user {account!r} on this system") from None


def _entry(name: str) -> pwd.struct_passwd:
    """The entry of an account, which is added where it is missing."""
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
            f"PostgreSQL does not run as root, and the system user {name!r} could not be added: add it, or set"
            " AQUE_SERVER_USER, or AQUE_BROKER to a shared server"
        ) from None
