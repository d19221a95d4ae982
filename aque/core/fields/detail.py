"""What is known of one task beside the fields of lists, each declared once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from ..child.codec import describe
from ..details import Attempt, Detail, Link
from ..units import show_duration, show_memory

_SHOWN: Final = 400  # characters of a value
_FIRST: Final = 20  # links


@dataclass(frozen=True)
class Item:
    """One thing that is known. `plain` makes something for JSON, `show` lines for people; none where there is none."""

    name: str
    meaning: str
    plain: Callable[[Detail], Any]
    show: Callable[[Detail], Iterable[str]]


def _json(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _lines(value: Any) -> list[str]:
    return [] if value in (None, "", [], {}) else [str(value)]


def _asked(name: str, meaning: str, show: Callable[[Any], str] = str) -> Item:
    def plain(detail: Detail) -> Any:
        value = getattr(detail.asked, name)
        return value.isoformat() if hasattr(value, "isoformat") else value

    def lines(detail: Detail) -> list[str]:
        value = getattr(detail.asked, name)
        return _lines(show(value) if value else None)

    return Item(name, meaning, plain, lines)


def _stored(name: str, meaning: str) -> Item:
    """A value that is kept as JSON, and never rebuilt."""

    def show(detail: Detail) -> list[str]:
        value = _json(getattr(detail.asked, name))
        return [] if value in (None, {}) else [describe(value, _SHOWN)]

    return Item(name, meaning, lambda detail: _json(getattr(detail.asked, name)), show)


def _links(name: str, meaning: str) -> Item:
    def plain(detail: Detail) -> list[dict[str, Any]]:
        return [asdict(each) for each in getattr(detail, name)]

    return Item(name, meaning, plain, lambda detail: _shown_links(getattr(detail, name)))


def _shown_links(links: Sequence[Link]) -> list[str]:
    shown = [_shown_link(each) for each in links[:_FIRST]]
    return [*shown, f"… and {len(links) - _FIRST} more"] if len(links) > _FIRST else shown


def _shown_link(link: Link) -> str:
    noted = (
        (link.condition, link.condition != "success"),
        (f"otherwise {link.otherwise}", link.otherwise != "fail"),
        ("child", link.is_child),
    )
    notes = [note for note, holds in noted if holds]
    return f"{link.id}  {link.state}  {link.name}" + (f" [{', '.join(notes)}]" if notes else "")


def _plain_attempts(detail: Detail) -> list[dict[str, Any]]:
    return [{**asdict(each), "error": _json(each.error)} for each in detail.attempts]


def _shown_attempt(attempt: Attempt) -> str:
    began, error = attempt.started_at, _json(attempt.error) or {}
    parts = [
        f"{attempt.number}  {attempt.state}",
        began and f"after {show_duration((attempt.finished_at - began).total_seconds())}",
        attempt.worker and f"on {attempt.worker}",
        attempt.exit_code and f"exit {attempt.exit_code}",
        attempt.signal and f"signal {attempt.signal}",
        attempt.user_time is not None and f"cpu {show_duration(attempt.user_time + (attempt.system_time or 0))}",
        attempt.max_rss and f"memory {show_memory(attempt.max_rss)}",
        attempt.read_bytes and f"read {show_memory(attempt.read_bytes)}",
        attempt.written_bytes and f"written {show_memory(attempt.written_bytes)}",
    ]
    message = f": {error['message']}" if error.get("message") else ""
    return "  ".join(part for part in parts if part) + message


DETAILS: Final = (
    _stored("kwargs", "its arguments by name"),
    _links("dependencies", "what it needs, in the order in which it names it"),
    _links("dependents", "what needs it"),
    _asked("cwd", "the folder that it runs in"),
    _asked("group", "the group that it runs with"),
    _asked("interpreter", "the program that runs it"),
    _asked("isolation", "what it shares its process with"),
    _asked("stdin", "the file that it reads"),
    _asked("stdin_size", "how many bytes it was given to read", show_memory),
    _asked("stdout", "the file that it writes to"),
    _asked("stderr", "the file for its errors"),
    _asked("retry_delay", "seconds before its first retry", show_duration),
    _asked("not_before", "not before, as it was asked for"),
    _asked("io_paths", "paths that will see IO: a hint", ", ".join),
    _asked("owner", "the role of the server that submitted it"),
    _stored("extra", "what else was given"),
    _asked("variables", "the names of its environment", ", ".join),
    Item(
        "environ",
        "its environment, where that is asked for",
        lambda detail: _json(detail.asked.environ),
        lambda detail: [f"{name}={value}" for name, value in sorted((_json(detail.asked.environ) or {}).items())],
    ),
    _stored("result", "what its function returned"),
    Item("attempts", "its runs that ended", _plain_attempts, lambda detail: map(_shown_attempt, detail.attempts)),
)
"""All of it, in the order of JSON and of the manual."""
