"""A command that goes on in the background: its own session, a pid file that keeps others of its name out, a log."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import click
import platformdirs

from ..core.errors import AqueError
from ..core.worker.service import Unwatched

_MOST_LOG: Final = 4 << 20  # bytes, above which the log is put aside at a start


@dataclass(frozen=True, slots=True)
class Place:
    """Where a daemon of a name keeps what others may want to know of it."""

    name: str

    @property
    def _stem(self) -> Path:
        return platformdirs.user_state_path("aque") / f"worker-{quote(self.name, safe='')}"

    @property
    def pid_file(self) -> Path:
        """Its process, as a number; locked as long as that lives."""
        return self._stem.with_name(f"{self._stem.name}.pid")

    @property
    def log(self) -> Path:
        """What it says."""
        return self._stem.with_name(f"{self._stem.name}.log")


class Starter(Unwatched):
    """Whoever started a daemon, and waits to hear that it is ready."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def ready(self) -> None:
        """Let the starter go."""
        os.write(self._pipe, b"ready\n")
        os.close(self._pipe)


def detach(place: Place, go: Callable[[Starter], int]) -> int:
    """Call `go` in a process of its own, and return once it is ready; its exit status where it never is.

    Raises AqueError where one of that name runs already.
    """
    place.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pid_file = _locked(place)
    ours, theirs = os.pipe()
    sys.stdout.flush()
    if child := os.fork():
        os.close(theirs)
        os.close(pid_file)
        return _wait(place, child, ours)
    os.close(ours)
    os.setsid()
    if os.fork():
        os._exit(0)
    _settle_in(place, pid_file, theirs)
    os._exit(_call(go, theirs))


def _locked(place: Place) -> int:
    """The pid file, locked; the lock is inherited, and lasts as long as the daemon."""
    descriptor = os.open(place.pid_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        pid = os.read(descriptor, 32).decode().strip()
        raise AqueError(
            f"the worker {place.name} runs already, as process {pid}: end it with `kill {pid}`, or give another --name"
        ) from None
    return descriptor


def _settle_in(place: Place, pid_file: int, pipe: int) -> None:
    os.ftruncate(pid_file, 0)
    os.write(pid_file, f"{os.getpid()}\n".encode())
    if place.log.exists() and place.log.stat().st_size > _MOST_LOG:
        place.log.replace(f"{place.log}.1")
    log = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for theirs, place_of in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(theirs, place_of)
    for each in sorted(int(name) for name in os.listdir("/dev/fd")):
        if each > 2 and each not in (pid_file, pipe):  # whoever started us may wait for its end
            with suppress(OSError):
                os.close(each)


def _call(go: Callable[[Starter], int], pipe: int) -> int:
    """Tell the starter in one line why it did not begin, if it does not."""
    try:
        return go(Starter(pipe))
    except AqueError as error:
        message, status = " ".join(str(error).split()), error.exit_code
    except Exception as error:
        message, status = f"{type(error).__name__}: {error}", 1
    click.echo(f"aque: {message}", err=True)
    with suppress(OSError):  # it had begun, and told so
        os.write(pipe, f"{status} {message}\n".encode())
    return status


def _wait(place: Place, child: int, pipe: int) -> int:
    os.waitpid(child, 0)
    with os.fdopen(pipe) as stream:
        status, _, message = stream.read().strip().partition(" ")
    if status != "ready":
        click.echo(f"aque: {message or f'the worker did not begin: see {place.log}'}", err=True)
        return int(status or 1)
    pid = place.pid_file.read_text().strip()
    click.echo(f"worker {place.name} runs as process {pid}; log: {place.log}; `kill {pid}` drains it", err=True)
    return 0
