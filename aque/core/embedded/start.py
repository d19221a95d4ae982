"""Starting the server: whoever holds start.lock brings it up, the others find it running."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import time
from dataclasses import dataclass
from typing import Final

from ..errors import BrokerError, BrokerFull, BrokerUnavailable
from . import address, binaries, cluster, failures, folders, identity, locks, pidfile, remains
from .cluster import Cluster
from .home import Home

_log = logging.getLogger("aque.embedded")
_KILLED_SECONDS: Final = 30.0  # for so long a server that is killed while it starts is started again
_REFUSALS: Final = 3  # one that gives up by itself will not do better for ever


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be started, and until when."""

    home: Home
    linger: float | None
    deadline: float
    start_lock: int


_BROKEN: Final = re.compile(r"the server ended with -(?!9\b)")  # it crashes by itself, and will again


class _Killed(BrokerUnavailable):
    """The server was killed while it started: nothing is wrong with it."""


def bring_up(request: Request) -> None:
    """Return once the server answers; raises BrokerUnavailable or BrokerFull."""
    refusals, began = 0, time.monotonic()
    while not address.answers(request.home):
        failure = _attempt(request) or _Killed(f"the server was killed as soon as it was up (log: {request.home.log})")
        refusals += not isinstance(failure, _Killed)
        late = time.monotonic() > min(request.deadline, began + _KILLED_SECONDS)
        if isinstance(failure, BrokerFull) or refusals >= _REFUSALS or (late and not address.answers(request.home)):
            raise failure


def _attempt(request: Request) -> BrokerError | None:
    """Start it once; what went wrong, or None where it runs, be it by someone else's doing."""
    lock = remains.claim(request.home, request.deadline)
    if lock is None:
        return None
    try:
        made = _prepare(request)
        written = _launch(made, request, lock)
    finally:
        locks.closed(lock)  # it lives on in the server
    return _wait_ready(request, written)


def _prepare(request: Request) -> Cluster:
    """Data, settings and folders, as the server needs them. No process of an earlier server lives by now."""
    home = request.home
    _warn_of_network(home)
    remains.refuse_foreign(home)
    cluster.sweep(home)
    who = identity.choose()
    identity.check_way(who, home.data)
    made = Cluster(home, binaries.find(home), who)
    cluster.open_run(made)
    cluster.create(made, request.start_lock)
    cluster.configure(made)
    cluster.clear(home)
    return made


def _warn_of_network(home: Home) -> None:
    if kind := folders.network(home.root):
        _log.warning(
            "the broker's home %s is on a network file system (%s), where locks and syncs may not hold: %s",
            home.root,
            kind,
            folders.ADVICE,
        )


def _launch(made: Cluster, request: Request, lock: int) -> int:
    """Start the supervisor, which starts the server; where in the log they begin."""
    home = made.home
    home.owner.write_text(os.uname().nodename)
    linger = -1.0 if request.linger is None else request.linger
    command = identity.helper("supervise", made.identity.name, str(home.users_lock), str(linger), *made.command())
    with cluster.opened_log(home) as log:
        written = home.log.stat().st_size
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=identity.environment(),
            pass_fds=(lock,),
            start_new_session=True,
            check=False,
        )
    if done.returncode:
        raise BrokerUnavailable(f"the server's supervisor did not start; see {home.log}")
    return written


def _wait_ready(request: Request, written: int) -> BrokerError | None:
    """What went wrong; None once the server says that it takes connections."""
    home = request.home
    probe = locks.opened(home.server_lock)
    try:
        while not ((found := pidfile.read(home)) and found.ready):
            if locks.locked(probe):  # nobody holds it any more
                return _death(home, written)
            if time.monotonic() > request.deadline:
                return BrokerUnavailable(
                    f"the server in {home.root} is not ready in time: {address.refusal(home)} (log: {home.log})"
                )
            time.sleep(0.005)
    finally:
        locks.closed(probe)
    return None


def _death(home: Home, written: int) -> BrokerError:
    with home.log.open(errors="replace") as log:
        log.seek(written)
        text = log.read()
    what = "the server ended while it started"
    if failures.reason(text) is None and not _BROKEN.search(text) and not failures.full(home):
        return _Killed(f"{what}: it was killed (log: {home.log})")
    return failures.of_server(home, what, text)
