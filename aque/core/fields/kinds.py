"""Kinds of values: how filters read them, how people see them, and which operators they take."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final, LiteralString

from ..account import account
from ..states import COMPLETE_STATES, FAILED_STATES, State
from ..units import parse_duration, parse_memory, show_duration, show_memory
from .reasons import GROUPS, REASONS

NONE: Final = "none"
"""What filters write for a value that is not set."""


class Shape(Enum):
    """How a task has values of a kind, and so how a term asks for them."""

    ONE = "one value, or none"
    MANY = "a list of values"
    WORKER = "a worker, by id or name"
    LINK = "other tasks, by the edges between them"


@dataclass(frozen=True)
class Kind:
    """A kind of values; `sql` is the type of its parameters.

    `read` takes a text of a filter, and raises ValueError; a tuple of it are values of which any will do.
    `show` makes a text for people, `plain` something for JSON; neither is asked for None.
    """

    name: str
    expects: str
    operators: tuple[str, ...]
    sql: LiteralString
    read: Callable[[str], Any] = str
    show: Callable[[Any], str] = str
    plain: Callable[[Any], Any] = lambda value: value
    shape: Shape = Shape.ONE
    is_number: bool = False

    @property
    def has_none(self) -> bool:
        """Whether `none` asks for the lack of a value; in texts it would be a text."""
        return self.shape is Shape.ONE and self.sql != "text" and self.name != "state"


_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,20}")


def _integer(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError
    return _in_range(int(text))


def _in_range(number: int) -> int:
    if not -(2**63) <= number < 2**63:
        raise ValueError
    return number


def _number(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError
    return number


def _seconds(text: str) -> float:
    return _number(str(parse_duration(text)))


def _span(text: str) -> timedelta:
    return timedelta(seconds=parse_duration(text))


def _memory(text: str) -> int:
    return _in_range(parse_memory(text))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone()  # a time without a zone is local time


_GROUPS: Final = {"open": frozenset(State) - COMPLETE_STATES, "complete": COMPLETE_STATES, "failed": FAILED_STATES}


def _states(text: str) -> tuple[str, ...]:
    return tuple(sorted(_GROUPS[text])) if text in _GROUPS else (State(text),)


def _user(text: str) -> str:
    return account() if text == "me" else text


def _reason(text: str) -> tuple[str, ...]:
    if text not in _REASONS:
        raise ValueError
    return GROUPS.get(text, (text,))


def _flag(text: str) -> bool:
    return {"yes": True, "no": False}[text]


def _worker(text: str) -> int | str:
    return _in_range(int(text)) if _WHOLE.fullmatch(text) else text


def _show_moment(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _flat(values: list[str]) -> str:
    return ",".join(values)


_SAME: Final = (":", "!=")
_LIKE: Final = (":", "!=", "~")
_ORDER: Final = (":", "!=", "<", "<=", ">", ">=")

TEXT: Final = Kind("text", "a text", _LIKE, "text")
USER: Final = Kind("user", "the name of an account, or me", _LIKE, "text", _user)
TEXTS: Final = Kind("texts", "a text", _LIKE, "text", show=_flat, shape=Shape.MANY)
_REASONS: Final = (*(reason.name for reason in REASONS), *GROUPS)
REASON: Final = Kind("reason", ", ".join(_REASONS), _SAME, "text", _reason, _flat, shape=Shape.MANY)
STATE: Final = Kind("state", ", ".join((*State, *_GROUPS)), _SAME, "aque.state", _states)
INTEGER: Final = Kind("integer", "a whole number", _ORDER, "bigint", _integer, is_number=True)
NUMBER: Final = Kind("number", "a number", _ORDER, "float8", _number, lambda value: f"{value:g}", is_number=True)
MEMORY: Final = Kind("memory", "512M, 8MB or 1.5GiB", _ORDER, "bigint", _memory, show_memory, is_number=True)
SECONDS: Final = Kind("seconds", "90, 1.5h or 2h30m", _ORDER, "float8", _seconds, show_duration, is_number=True)
SPAN: Final = Kind(
    "span",
    "90, 1.5h or 2h30m",
    ("<", "<=", ">", ">="),
    "interval",
    _span,
    lambda value: show_duration(value.total_seconds()),
    lambda value: value.total_seconds(),
    is_number=True,
)
MOMENT: Final = Kind(
    "moment",
    "a time, such as 2030-01-31T18:00",
    _ORDER,
    "timestamptz",
    _moment,
    _show_moment,
    lambda value: value.isoformat(),
)
PERCENT: Final = Kind("percent", "a number", _ORDER, "float8", _number, lambda value: f"{value:.0f}%", is_number=True)
FLAG: Final = Kind("flag", "yes or no", _SAME, "boolean", _flag, lambda value: "yes" if value else "no")
WORKER: Final = Kind("worker", "the id or the name of a worker", _LIKE, "text", _worker, shape=Shape.WORKER)
LINK: Final = Kind("link", "the id of a task", _SAME, "bigint", _integer, shape=Shape.LINK)
JSON: Final = Kind("json", "", (), "text", plain=json.loads)
