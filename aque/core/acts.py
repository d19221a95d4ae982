"""What an entry of the audit trail says, in words. They may hold anything that somebody wrote."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, Final, ParamSpec

from .queries.events import EventRow

P = ParamSpec("P")
UNREADABLE: Final = (ValueError, TypeError, AttributeError, KeyError)
"""What comes of an entry that aque did not write: on a shared server people may enter anything in their own names."""
_LONGEST: Final = 40  # characters of ids, or of values
KINDS: Final = ("queues", "limits", "workers", "retention")
"""What acts change beside tasks, by the names that entries have for them."""


def _readable(told: Callable[P, str]) -> Callable[P, str]:
    @wraps(told)
    def tell(*args: P.args, **kwargs: P.kwargs) -> str:
        try:
            return told(*args, **kwargs)
        except UNREADABLE:
            return "(cannot be read)"

    return tell


def describe(event: EventRow) -> str:
    """Whom it was about, and what was changed: `state:error (12-15)  priority 1000 → 5`."""
    return "  ".join(part for part in (whom(event), change(event)) if part)


@_readable
def whom(event: EventRow) -> str:
    """The tasks, queues or workers that somebody meant; of an undo, what it took back."""
    told = json.loads(event.selection)
    if event.action == "undo":
        return f"event {told.get('event')} ({told.get('of')})"
    ids = _cut(str(told.get("ids") or _named(event) or _single(told)).split(","), ",")
    return " ".join(part for part in (told.get("filter"), f"({ids})" if told.get("filter") and ids else ids) if part)


@_readable
def change(event: EventRow) -> str:
    """What they had before, and what they have since."""
    before, after = _fields(event.before), _fields(event.after)
    return ", ".join(f"{name} {_cut(before[name])} → {_cut(after[name])}" for name in before if name in after)


def values(text: str | None, kind: str) -> dict[str, Any]:
    """The values of queues, or workers, by name, that an entry tells of."""
    told = json.loads(text or "{}")
    return told.get(kind, {}) if isinstance(told, dict) else {}


def _named(event: EventRow) -> str:
    found = {kind: ",".join(sorted(values(event.before, kind))) for kind in KINDS}
    return " ".join(f"{kind.removesuffix('s')} {names}" for kind, names in found.items() if names)


def _single(told: Mapping[str, Any]) -> str:
    """The queue or the limit of an entry that does not tell its values apart: older ones do not."""
    return " ".join(f"{kind} {told[kind]}" for kind in ("queue", "limit") if kind in told)


def _fields(text: str | None) -> dict[str, list[str]]:
    """The values that there were, or are, by field."""
    told = json.loads(text or "{}")
    found: dict[str, list[str]] = {}
    if not isinstance(told, dict):
        return found
    for things in (values(text, kind).values() for kind in KINDS):
        for name, value in (pair for each in things for pair in each.items()):
            found.setdefault(name, []).append(_plain(value))
    for name, by_value in told.items():
        if name not in KINDS and isinstance(by_value, dict):
            found[name] = [_plain(json.loads(value)) for value in by_value]
    return {name: list(dict.fromkeys(each)) for name, each in found.items()}


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value or "''"
    return "none" if value is None else json.dumps(value, ensure_ascii=False)


def _cut(texts: Iterable[str], between: str = ", ") -> str:
    """Texts in a row; … stands for those that are too many."""
    shown = ""
    for text in texts:
        if shown and len(shown) + len(text) > _LONGEST:
            return f"{shown}{between}…"
        shown = f"{shown}{between}{text}" if shown else text
    return shown if len(shown) <= 2 * _LONGEST else shown[: 2 * _LONGEST] + "…"
