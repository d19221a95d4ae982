"""How a reason is told, and what the others need to tell theirs."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ..fields.reasons import MEANINGS
from ..queries.case import Case, Host
from ..text import clean
from ..units import show_duration, show_memory

_WIDTH: Final = 30  # cells of a column
_SOME: Final = 3  # names in a sentence


@dataclass(frozen=True)
class Told:
    """One reason of one task: `short` for a column, `text` in sentences, and what would change it, if anything."""

    name: str
    short: str
    text: str
    remedy: str


def _no_remedy(_: Case) -> str:
    return ""


@dataclass(frozen=True)
class Reason:
    """A reason, and its words for a task of which it holds."""

    name: str
    holds: Callable[[Case], bool]
    short: Callable[[Case], str]
    text: Callable[[Case], str]
    remedy: Callable[[Case], str] = _no_remedy

    @property
    def meaning(self) -> str:
        return MEANINGS[self.name]

    def tell(self, case: Case) -> Told:
        return Told(self.name, cut(clean(self.short(case))), clean(self.text(case)), clean(self.remedy(case)))


def cut(text: str) -> str:
    """As much of it as a column holds."""
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def listed(words: Sequence[str], total: int | None = None) -> str:
    """a, b and c; a, b, c and 4 more."""
    left = max(len(words) if total is None else total, len(words))
    shown = list(words) if left == len(words) <= _SOME + 1 else list(words[:_SOME])
    if left > len(shown):
        return f"{', '.join(shown)} and {left - len(shown):,} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def names(workers: Iterable[Host]) -> str:
    """Workers by name."""
    return listed([each.name for each in workers])


def sizes(asked: int, best: int) -> tuple[str, str]:
    """Two amounts of memory that differ, so that they do when they are read."""
    told = show_memory(asked), show_memory(best)
    return told if told[0] != told[1] else (f"{asked:,} bytes", f"{best:,} bytes")


def moment(at: datetime, now: datetime) -> str:
    """A time as a clock shows it here: with the day where that is another."""
    local, today = at.astimezone(), now.astimezone().date()
    return f"{local:%H:%M:%S}" if local.date() == today else f"{local:%Y-%m-%d %H:%M}"


def since(at: datetime | None, now: datetime) -> str:
    """How long ago it was."""
    return show_duration((now - at).total_seconds()) if at else "0s"


def worker_command(case: Case) -> str:
    """How a worker is started that offers the tags of a task."""
    return f"`{shlex.join(['aque', 'worker', *(word for tag in case.task.tags for word in ('--tag', tag))])}`"
