"""What becomes of a run as its commands end: the exit status, and whether more of them are run."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import Protocol

from ...core.queries.tasks import Ending
from ...core.states import State
from .endings import Verdict, judge
from .halt import Halt, Tally


class Stop(Enum):
    """Whether more is run."""

    NO = 0
    SOON = 1
    """What runs goes on."""
    NOW = 2
    """What runs is killed."""


class Course(Protocol):
    """Hears of all ends. `ended` gives a message for people too; `broken` is told of an input that makes no sense."""

    @property
    def status(self) -> int: ...

    def succeeded(self, count: int) -> Stop: ...

    def ended(self, ending: Ending, name: str) -> tuple[Stop, str | None]: ...

    def read(self, total: int) -> Stop: ...

    def broken(self) -> None: ...


class AsXargs:
    """The first failure counts, as it does for xargs: 123 even where a later one stops it all."""

    def __init__(self) -> None:
        self._failure = 0
        self._is_broken = False

    @property
    def status(self) -> int:
        """A failure of a command counts more than an input that makes no sense."""
        return self._failure or int(self._is_broken)

    def succeeded(self, count: int) -> Stop:
        del count
        return Stop.NO

    def ended(self, ending: Ending, name: str) -> tuple[Stop, str | None]:
        verdict = judge(ending, name)
        self._failure = self._failure or verdict.status
        return Stop.SOON if verdict.stops else Stop.NO, verdict.message

    def read(self, total: int) -> Stop:
        del total
        return Stop.NO

    def broken(self) -> None:
        self._is_broken = True


class AsParallel:
    """Failures are counted, and --halt says how many are too many."""

    def __init__(self, halt: Halt) -> None:
        self._halt = halt
        self._tally = Tally()
        self._last = 0
        self._met: int | None = None
        self._is_broken = False

    @property
    def status(self) -> int:
        if self._met is not None:
            return self._met
        return self._halt.status(self._tally, self._last, is_met=False) or (255 if self._is_broken else 0)

    def succeeded(self, count: int) -> Stop:
        self._tally = replace(self._tally, succeeded=self._tally.succeeded + count)
        self._last = 0
        return self._look()

    def ended(self, ending: Ending, name: str) -> tuple[Stop, str | None]:
        if ending.state == State.SUCCESS:
            return self.succeeded(1), None
        verdict = judge(ending, name)
        self._tally = replace(self._tally, failed=self._tally.failed + 1)
        self._last = _exit_status(ending, verdict)
        return self._look(), None if ending.exit_code is not None else verdict.message

    def read(self, total: int) -> Stop:
        self._tally = replace(self._tally, total=total)
        return self._look()

    def broken(self) -> None:
        self._is_broken = True

    def _look(self) -> Stop:
        if self._met is not None or not self._halt.is_due(self._tally):
            return Stop.NO
        self._met = self._halt.status(self._tally, self._last, is_met=True)
        return Stop.NOW if self._halt.is_now else Stop.SOON


def _exit_status(ending: Ending, verdict: Verdict) -> int:
    if ending.exit_code is not None:
        return ending.exit_code
    return 128 + ending.signal if ending.signal is not None else verdict.status


def course(halt: Halt | None) -> Course:
    """The rules of xargs; with --halt those of GNU parallel."""
    return AsXargs() if halt is None else AsParallel(halt)
