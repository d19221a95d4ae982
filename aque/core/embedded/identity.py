"""Who the server runs as: postgres refuses root, and initdb a uid that has no account."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from ..errors import BrokerUnavailable

_ACCOUNT: Final = "aque"  # never nobody or postgres: who owns the database can make its users run commands
_SUPERVISOR: Final = Path(__file__).with_name("supervisor.py")


def identity() -> str:
    """Empty to run as ourselves; `userns` or `uid:gid` where postgres or initdb would refuse."""
    uid = os.geteuid()
    if uid and _has_account(uid):
        return ""
    account = os.environ.get("AQUE_SERVER_USER")
    if not account and _namespaces_work():
        return "userns"
    if uid:
        raise BrokerUnavailable(f"PostgreSQL needs an account for uid {uid}, and user namespaces are forbidden here")
    entry = _entry(account or _ACCOUNT)
    return f"{entry.pw_uid}:{entry.pw_gid}"


def uid_of(who: str) -> int:
    """The owner of the server's files."""
    return int(who.split(":")[0]) if ":" in who else os.geteuid()


def gid_of(who: str) -> int:
    """The group of the server's files."""
    return int(who.split(":")[1]) if ":" in who else os.getegid()


def helper(*arguments: str) -> list[str]:
    """The command that runs the supervisor's file."""
    return [_python(), "-I", "-S", str(_SUPERVISOR), *arguments]


def environment(who: str) -> dict[str, str]:
    """A minimal one: settings of the starting process, LC_* or PG*, must not reach the shared server."""
    kept = ("PATH",) if who else ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C"}


def own(path: Path, who: str) -> None:
    """Give a folder and what it holds to the server's user, where that is not us."""
    if ":" not in who or path.lstat().st_uid == uid_of(who):
        return
    # the folder itself comes last: a chown that was cut short is seen and done again
    for each in [*path.rglob("*"), path]:
        os.lchown(each, uid_of(who), gid_of(who))


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
