"""What is left of an earlier server, and what to do about it."""

from __future__ import annotations

import logging
import os
import re
import signal
import time
from contextlib import suppress
from typing import Final, TypeAlias

from ..errors import BrokerUnavailable
from . import address, folders, locks, pidfile, processes
from .home import Home

Processes: TypeAlias = dict[int, list[str]]  # with their command lines

_log = logging.getLogger("aque.embedded")
_ORPHAN_SECONDS: Final = 2.0
_STARTUP: Final = re.compile(r"postgres: (.*: )?startup\b")
_RECOVERING: Final = "the database system is in recovery mode"
_STUCK_LOOKS: Final = 7  # a second apart; it gives sessions five to end before it recovers
_ELSEWHERE_SECONDS: Final = 5.0


def claim(home: Home, deadline: float) -> int | None:
    """The lock of the server, whose holder may start one; None where a server answers after all.

    While it is held a server is starting, recovering or stopping, or the orphans of a dead one still run.
    """
    lock = locks.opened(home.server_lock)
    try:
        if _outlasts(home, lock, deadline):
            return lock
    except BaseException:
        locks.closed(lock)
        raise
    locks.closed(lock)
    return None


def kill_orphans(found: Processes) -> None:
    """Kill the sessions that outlived their server.

    They end by themselves within milliseconds, save one that sleeps on a lock whose holder was killed as well: it never
    wakes, and would keep the next server from starting. Nothing is lost: recovery from the log follows anyway.
    """
    if all(arguments and arguments[0].startswith("postgres: ") for arguments in found.values()):
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def end_unreachable(home: Home) -> None:
    """Stop a server whose socket was removed, as by someone who emptied /tmp: nobody could connect to it ever again."""
    found = pidfile.read(home)
    if found and found.ready and pidfile.is_server(found.pid, home.data) and processes.lacks(found.pid, home.socket):
        _log.warning("the server (pid %d) has lost its socket %s: starting it again", found.pid, home.socket)
        with suppress(ProcessLookupError):
            os.kill(found.pid, signal.SIGINT)


class Stuck:
    """Looks, again and again, whether a server will be recovering for ever.

    PostgreSQL waits without end where the process that recovers was itself killed in the middle of a restart.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._looks = 0

    def look(self, found: Processes) -> None:
        """End a server that has been found so for long enough; what was acknowledged is in its log."""
        server = pidfile.server(self._home)
        at_work = any(_STARTUP.match(arguments[0]) for arguments in found.values() if arguments)
        waits = server in found and not at_work and _RECOVERING in (address.refusal(self._home) or "")
        self._looks = self._looks + 1 if waits else 0
        if server and self._looks == _STUCK_LOOKS:
            _log.warning("the server (pid %d) recovers for ever: starting it again", server)
            with suppress(ProcessLookupError):
                os.kill(server, signal.SIGQUIT)


def refuse_foreign(home: Home) -> None:
    """Raises BrokerUnavailable where someone started the server by hand, without our lock."""
    found = pidfile.server(home)
    if found is not None:
        raise BrokerUnavailable(
            f"a PostgreSQL that aque did not start (pid {found}) uses {home.data}: stop it first (`kill -INT {found}`)"
        )


def _outlasts(home: Home, lock: int, deadline: float) -> bool:
    """Whether we got the lock; False where a server answers, which ends the waiting too."""
    started = time.monotonic()
    look_at, pause, stuck = started + _ORPHAN_SECONDS, 0.005, Stuck(home)
    if _elsewhere(home):
        deadline = min(deadline, started + _ELSEWHERE_SECONDS)
    while not locks.locked(lock):
        if address.answers(home):
            return False
        if time.monotonic() > deadline:
            raise BrokerUnavailable(_complaint(home))
        if time.monotonic() > look_at:
            found = processes.holders(home.server_lock)
            kill_orphans(found)
            end_unreachable(home)
            stuck.look(found)
            look_at += 1.0
        time.sleep(pause)
        pause = min(pause * 1.3, 0.1)
    return True


def _elsewhere(home: Home) -> bool:
    """Whether another host of a shared file system started it: its socket is out of reach for good."""
    return bool(folders.network(home.root)) and _owner(home) != os.uname().nodename


def _owner(home: Home) -> str:
    try:
        return home.owner.read_text()
    except OSError:
        return "an unknown host"


def _complaint(home: Home) -> str:
    return (
        f"the server in {home.root}, started on {_owner(home)}, runs but cannot be reached from {os.uname().nodename}:"
        f" {address.refusal(home)} (log: {home.log})"
    )
