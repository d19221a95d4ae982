"""Starts postgres, reaps it, and stops it when nobody has used it for a while.

Runs alone, `python -I -S supervisor.py exec|supervise <identity> ...`, with the standard library only.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from contextlib import suppress
from typing import NoReturn

_SIGNALS = (signal.SIGCHLD, signal.SIGTERM)
_NEW_USER_NAMESPACE = 0x10000000


def become(identity: str) -> None:
    """Turn into a user that postgres accepts: `userns`, `uid:gid`, or nothing to stay as we are."""
    if identity == "userns":
        _enter_namespace()
    elif identity:
        uid, gid = map(int, identity.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def _enter_namespace() -> None:
    """In a user namespace this very uid is called nobody, while the files stay its own."""
    import ctypes
    import pwd

    uid, gid, inner = os.geteuid(), os.getegid(), pwd.getpwnam("nobody")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_USER_NAMESPACE):
        sys.exit(f"unshare: {os.strerror(ctypes.get_errno())}")
    maps = {"setgroups": "deny", "uid_map": f"{inner.pw_uid} {uid} 1", "gid_map": f"{inner.pw_gid} {gid} 1"}
    for name, text in maps.items():
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123
            file.write(text)


def execute(identity: str, argv: list[str]) -> NoReturn:
    """Replace this process by a program that runs as `identity`."""
    become(identity)
    os.execv(argv[0], argv)


def supervise(identity: str, users: str, linger: float, argv: list[str]) -> NoReturn:
    """Run the server until it ends; a negative linger never stops it."""
    if os.fork():
        os._exit(0)  # nobody's child, so that no kill of a process tree reaches the server
    os.chdir("/")
    _use_all_processors()
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    child = os.fork()
    if not child:
        _become_server(identity, argv)
    signal.signal(signal.SIGCHLD, lambda *_: _reap(child))
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGINT))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    if linger >= 0:
        _wait_until_unused(users, linger)
        os.kill(child, signal.SIGINT)  # a fast shutdown; newcomers wait for users.lock till we exit
    while True:
        signal.pause()


def _become_server(identity: str, argv: list[str]) -> NoReturn:
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        execute(identity, argv)
    except BaseException as error:
        os.write(2, f"FATAL:  {argv[0]}: {error}\n".encode(errors="replace"))
    os._exit(127)


def _use_all_processors() -> None:
    """What the starting process was limited to is no business of the server."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.sched_setaffinity(0, range(os.cpu_count() or 1))


def _reap(child: int) -> None:
    try:
        pid, status = os.waitpid(child, os.WNOHANG)
    except ChildProcessError:
        os._exit(0)
    if pid:
        code = os.waitstatus_to_exitcode(status)
        if code:
            os.write(2, b"aque: the server ended with %d\n" % code)
        os._exit(0)


def _wait_until_unused(path: str, linger: float) -> None:
    """Return, holding users.lock alone, when the last user has been gone for `linger` seconds."""
    users = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    while True:
        fcntl.flock(users, fcntl.LOCK_EX)  # sleeps, at no cost, until the last user has gone
        idle = time.time() - os.fstat(users).st_mtime  # every user touches it when it comes and goes
        # a clock that was set back must not keep the server for years
        if idle >= linger:
            return
        fcntl.flock(users, fcntl.LOCK_UN)
        time.sleep(min(max(linger - idle, 0.01), max(linger, 0.01)))


if __name__ == "__main__":
    mode, who, *rest = sys.argv[1:]
    if mode == "exec":
        execute(who, rest)
    supervise(who, rest[0], float(rest[1]), rest[2:])
