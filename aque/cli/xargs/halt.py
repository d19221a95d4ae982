"""--halt: when the rest is not run, as GNU parallel has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final

_FORM: Final = re.compile(r"(soon|now),(fail|success|done)=(\d+)(%?)")
_SHORT: Final[Mapping[str, str]] = {
    "1": "soon,fail=1",
    "2": "now,fail=1",
    "-1": "soon,success=1",
    "-2": "now,success=1",
}


@dataclass(frozen=True, slots=True)
class Tally:
    """How many commands have ended; `total`, once it is known, counts all that there are."""

    succeeded: int = 0
    failed: int = 0
    total: int | None = None


_COUNTED: Final[Mapping[str, Callable[[Tally], int]]] = {
    "fail": lambda tally: tally.failed,
    "success": lambda tally: tally.succeeded,
    "done": lambda tally: tally.succeeded + tally.failed,
}


@dataclass(frozen=True, slots=True)
class Halt:
    """Stop when so many, or such a part, have failed, succeeded or ended. `why` empty: never."""

    is_now: bool = False
    """Whether what runs is killed."""
    why: str = ""
    limit: int = 0
    is_part: bool = False
    """Whether the limit is in hundredths of all."""

    @property
    def counts_successes(self) -> bool:
        """Whether a command that goes well may meet the condition."""
        return self.why in ("success", "done")

    def is_due(self, tally: Tally) -> bool:
        """A part is known once the input was read to its end."""
        if not self.why or (self.is_part and not tally.total):
            return False
        counted = _COUNTED[self.why](tally)
        return counted > 0 and counted >= (self.limit * (tally.total or 0) / 100 if self.is_part else self.limit)

    def status(self, tally: Tally, last: int, *, is_met: bool) -> int:
        """The exit status; `last` is that of the command that met the condition."""
        if is_met and self.why == "success":
            return 0
        if is_met and self.limit == 1 and not self.is_part:
            return last
        if self.is_part:
            of = (tally.total if is_met else None) or tally.succeeded + tally.failed or 1
            return ceil(100 * tally.failed / of)
        return min(tally.failed, 101)


def read_halt(text: str) -> Halt:
    """Read `now,fail=1` and its like; raises ValueError."""
    if text in ("never", "0"):
        return Halt()
    short = f"soon,fail={text}" if re.fullmatch(r"[1-9]\d?%", text) else _SHORT.get(text, text)
    match = _FORM.fullmatch(short)
    if match is None or not int(match[3]):
        raise ValueError(
            f"--halt {text}: write never, or soon or now, then fail, success or done: soon,fail=3 or now,fail=10%"
        )
    return Halt(match[1] == "now", match[2], int(match[3]), bool(match[4]))
