"""Reasons that lie in the named limits of a task."""

from __future__ import annotations

from shlex import quote
from typing import Final

from ..queries.case import Case
from ..queries.limits import Limit
from .words import Reason, listed


def _unset(case: Case) -> list[str]:
    return [each.name for each in case.limits if each.size is None]


def _small(case: Case) -> list[Limit]:
    return [each for each in case.limits if each.is_too_small(case.task.limits[each.name])]


def _full(case: Case) -> list[Limit]:
    """Those that will have room for it, and have none now."""
    return [each for each in case.limits if each.size is not None and each not in _small(case) and _lacks(case, each)]


def _lacks(case: Case, limit: Limit) -> bool:
    return limit.lacks(case.task.limits[limit.name])


def _set(name: str, size: object) -> str:
    return f"`aque limits set {quote(name)} {size}`"


def _limits(names: list[str]) -> str:
    return f"limit{'' if len(names) == 1 else 's'} {listed(names)} {'is' if len(names) == 1 else 'are'} not set"


def _too_much(case: Case, limit: Limit) -> str:
    return f"{case.task.limits[limit.name]} of {limit.name}; there {'is' if limit.size == 1 else 'are'} {limit.size}"


def _in_use(case: Case, limit: Limit) -> str:
    held = f" by {listed([str(each) for each in limit.holders], limit.runs)}" if limit.holders else ""
    return f"It needs {case.task.limits[limit.name]} of {limit.name}: {limit.used} of {limit.size} are in use{held}."


def _enough(case: Case, limit: Limit) -> str:
    return _set(limit.name, limit.used + case.task.limits[limit.name])


HOPELESS: Final = (
    Reason(
        "limit-unset",
        lambda case: case.task.is_waiting and bool(_unset(case)),
        lambda case: _limits(_unset(case)),
        lambda case: f"Its {_limits(_unset(case))}.",
        lambda case: f"{' and '.join(_set(name, 'N') for name in _unset(case))} lets N units be in use at once",
    ),
    Reason(
        "limit-small",
        lambda case: case.task.is_waiting and bool(_small(case)),
        lambda case: _too_much(case, _small(case)[0]),
        lambda case: " ".join(f"It needs {_too_much(case, each)}." for each in _small(case)),
        lambda case: f"{' and '.join(_set(each.name, case.task.limits[each.name]) for each in _small(case))} is enough",
    ),
)
"""What keeps a task waiting until someone sets a limit."""
FULL: Final = Reason(
    "limit-full",
    lambda case: case.task.is_ready and bool(_full(case)),
    lambda case: "limit {0.name}: {0.used}/{0.size} in use".format(_full(case)[0]),
    lambda case: " ".join(_in_use(case, each) for each in _full(case)),
    lambda case: f"it starts when others end; {' and '.join(_enough(case, each) for each in _full(case))} lets it now",
)
