"""Runs alone, with nothing but the standard library: `python -I -S supervisor.py MODE IDENTITY …`.

    check IDENTITY                                 whether this identity can be taken: ends with FORBIDDEN if not
    exec IDENTITY PROGRAM ARGUMENT…                take it, and become the program
    supervise IDENTITY USERS_LOCK LINGER PROGRAM ARGUMENT…
                                                   start the server, wait for it, and stop it when nobody has used it
                                                   for LINGER seconds (below 0: never)

IDENTITY is empty to stay who we are, `userns`, or `uid:gid`. A supervisor that is killed leaves the server running.
"""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import sys
import time
from contextlib import suppress
from typing import NoReturn

FORBIDDEN = 77
_NEW_USER_NAMESPACE = 0x10000000
_SIGNALS = {signal.SIGCHLD, signal.SIGTERM}
_PATIENCE = 20.0  # seconds; a server that does not end by then recovers when it is started next
_LIMITS = ("RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_AS", "RLIMIT_DATA", "RLIMIT_NOFILE")


def become(identity: str) -> None:
    """Take an identity that PostgreSQL accepts: it refuses root, and initdb a uid without a name."""
    if identity == "userns":
        _enter_namespace()
    elif identity:
        uid, gid = map(int, identity.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def _enter_namespace() -> None:
    """A user namespace where this very uid is called nobody: outside, all files stay its own."""
    import ctypes
    import pwd

    uid, gid, inner = os.geteuid(), os.getegid(), pwd.getpwnam("nobody")
    unshare = getattr(ctypes.CDLL(None, use_errno=True), "unshare", None)
    if unshare is None:
        raise PermissionError("this system has no user namespaces")
    if unshare(_NEW_USER_NAMESPACE):
        raise OSError(ctypes.get_errno(), "unshare: " + os.strerror(ctypes.get_errno()))
    maps = {"setgroups": "deny", "uid_map": f"{inner.pw_uid} {uid} 1", "gid_map": f"{inner.pw_gid} {gid} 1"}
    for name, text in maps.items():
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 - lean
            file.write(text)


def check(identity: str) -> NoReturn:
    """End with a status that tells a system that forbids this from whatever else may go wrong."""
    try:
        become(identity)
    except (OSError, KeyError):
        sys.exit(FORBIDDEN)
    sys.exit(0)


def execute(identity: str, command: list[str]) -> NoReturn:
    """Become the command, as another; says in one line why that does not work."""
    try:
        become(identity)
        os.execv(command[0], command)
    except (OSError, KeyError) as error:
        os.write(2, f"FATAL:  {command[0]}: {error}\n".encode(errors="replace"))
        os._exit(126)


def supervise(identity: str, users_lock: str, linger: float, command: list[str]) -> NoReturn:
    """Run the server until it ends, or until nobody has used it for long enough."""
    _detach()
    server = _launch(identity, command)
    if linger >= 0:
        _wait_for_nobody(os.open(users_lock, os.O_RDWR | os.O_CREAT, 0o600), linger)
        os.kill(server, signal.SIGINT)  # a fast shutdown; newcomers wait for the lock until we exit
        time.sleep(_PATIENCE)
        os.kill(server, signal.SIGQUIT)
    while True:
        signal.pause()  # the end of the server is ours


def _detach() -> None:
    """Become nobody's child, so that no kill of the starter's process tree reaches the server.

    What the starter was limited to is no business of the server either: it may have been a task.
    """
    if os.fork():
        os._exit(0)
    os.chdir("/")
    os.umask(0o077)
    for name in _LIMITS:
        with suppress(OSError, ValueError):
            _, hard = resource.getrlimit(getattr(resource, name))
            resource.setrlimit(getattr(resource, name), (hard, hard))
    if sys.platform == "linux":
        with suppress(OSError):
            os.sched_setaffinity(0, range(os.cpu_count() or 1))


def _launch(identity: str, command: list[str]) -> int:
    """Start the server as a child. Its signals wait until we know its pid."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    signal.signal(signal.SIGCHLD, lambda *_: _reap(server))  # before the child: an ignored SIGCHLD would be lost
    server = os.fork()
    if not server:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        execute(identity, command)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(server, signal.SIGINT))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    return server


def _reap(server: int) -> None:
    """End with the server, and leave a word in the log where it did not end well."""
    try:
        pid, status = os.waitpid(server, os.WNOHANG)
    except ChildProcessError:
        os._exit(0)
    if pid:
        code = os.waitstatus_to_exitcode(status)
        if code:
            os.write(2, b"aque: the server ended with %d\n" % code)
        os._exit(0)


def _wait_for_nobody(users: int, linger: float) -> None:
    """Return, holding the lock alone, once nobody has used the server for `linger` seconds."""
    seen = None
    while True:
        fcntl.flock(users, fcntl.LOCK_EX)  # sleeps, at no cost, until the last user has gone
        touched = os.fstat(users).st_mtime_ns  # every user touches it when it comes and goes
        idle = time.time() - touched / 1e9
        if idle >= linger or touched == seen:  # the latter is true of a clock that was set back, too
            return
        fcntl.flock(users, fcntl.LOCK_UN)
        seen = touched
        time.sleep(linger - max(idle, 0.0))


def main(mode: str, identity: str, *rest: str) -> NoReturn:
    """What the command line asks for."""
    if mode == "supervise":
        supervise(identity, rest[0], float(rest[1]), list(rest[2:]))
    if mode == "exec":
        execute(identity, list(rest))
    check(identity)


if __name__ == "__main__":
    main(*sys.argv[1:])
