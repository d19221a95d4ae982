"""--joblog: one line for each command that has ended, in the columns of GNU parallel; and what --resume makes of it.

A command is found again by what it is, not only by its number: where the input has changed meanwhile, it still counts.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ...core.queries.batches import Run
from .endings import TIMEOUT
from .job import Command, Job
from .refusal import Refused
from .settings import Options
from .shell import shown, unshown
from .terminal import quoted

_COLUMNS: Final = ("Seq", "Host", "Starttime", "JobRuntime", "Send", "Receive", "Exitval", "Signal", "Command")
_HEAD: Final = "\t".join(_COLUMNS).encode() + b"\n"
_LINE: Final = re.compile(rb"(\d+)\t(?:[^\t]*\t){5}(-?\d+)\t(\d+)\t([^\n]*)\n")
_STOPPED: Final = -1  # the exit value of one that has none of its own
_EXITS: Final = {TIMEOUT: _STOPPED, "aque:not_found": 127, "aque:not_executable": 126}


@dataclass(frozen=True, slots=True)
class Logged:
    """A command that was run."""

    seq: int
    command: bytes
    is_success: bool


class JobLog:
    """Writes lines. A log is begun anew, unless a run goes on with it, or its name was given with a `+` before it."""

    def __init__(self, path: str, *, goes_on: bool) -> None:
        self._path = Path(path.removeprefix("+"))
        goes_on = goes_on or path.startswith("+")
        try:
            self._file = self._path.open("ab" if goes_on else "wb")
        except OSError as error:
            raise Refused(f"Cannot open job log {quoted(str(self._path))}: {error.strerror}") from None
        if not self._file.tell():
            self._file.write(_HEAD)
            self._file.flush()

    def write(self, ended: Iterable[tuple[Job, Run]]) -> None:
        """Add a line for each."""
        self._file.write(b"".join(_line(job, run) for job, run in ended))
        self._file.flush()


def _line(job: Job, run: Run) -> bytes:
    status = run.exit_code if run.exit_code is not None else _EXITS.get(run.error or "", 0 if run.signal else _STOPPED)
    numbers = f"{job.seq}\t{run.hostname or ':'}\t{run.started or 0:.3f}\t{run.seconds or 0:10.3f}\t0\t{run.written}"
    return f"{numbers}\t{status}\t{run.signal or 0}\t".encode() + shown(job.words) + b"\n"


def left(jobs: Iterable[Job], options: Options) -> Iterator[Job]:
    """The jobs that the log does not have; with --resume-failed also those that failed."""
    known: dict[bytes, deque[Logged]] = defaultdict(deque)
    logged = _read(options)
    for each in logged.values():
        known[each.command].append(each)
    free = max((each.seq for each in logged.values()), default=0) + 1
    for job in jobs:
        command = shown(job.words)
        if not (found := known[command]):
            taken = (job.seq, command) in logged
            yield replace(job, seq=free) if taken else job
            free += taken
        elif not (each := found.popleft()).is_success and options.resume == "resume-failed":
            yield replace(job, seq=each.seq)


def failed(options: Options) -> Iterator[Job]:
    """The jobs that failed, as the log has them; input and command are not looked at."""
    for each in _read(options).values():
        if not each.is_success:
            yield Job(_words(each.command), (), each.seq)


def _words(command: bytes) -> Command:
    try:
        return unshown(command)
    except ValueError:
        raise Refused(f"the job log has a command that cannot be read: {command.decode(errors='replace')}") from None


def _read(options: Options) -> dict[tuple[int, bytes], Logged]:
    """The last line of each job. A line that was not written to its end does not count."""
    path = Path(str(options.joblog).removeprefix("+"))
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Refused(f"Cannot open job log {quoted(str(path))}: {error.strerror}") from None
    found: dict[tuple[int, bytes], Logged] = {}
    for match in filter(None, map(_LINE.fullmatch, lines)):
        each = Logged(int(match[1]), match[4], match[2] == match[3] == b"0")
        found[each.seq, each.command] = each
    return found
