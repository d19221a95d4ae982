"""The one place where the driver's errors become aque's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import psycopg

from ..errors import (
    AqueError,
    BrokerError,
    BrokerFull,
    BrokerUnavailable,
    DependencyResolutionError,
    PermissionDenied,
    SchemaError,
    UsageError,
)

T = TypeVar("T")
_TRIES: Final = 5


class Deadlock(BrokerUnavailable):
    """Two transactions waited for each other, and this one was ended: it may be tried again."""


# By SQLSTATE; AQ… are raised by aque's own functions.
_BY_STATE: Final[dict[str, type[AqueError]]] = {
    "AQ003": BrokerError,
    "AQ004": DependencyResolutionError,
    "AQ005": UsageError,
    "AQ006": PermissionDenied,
    "53100": BrokerFull,
    "53200": BrokerError,
    "53300": BrokerUnavailable,
    "57014": BrokerUnavailable,
    "57P01": BrokerUnavailable,
    "57P02": BrokerUnavailable,
    "57P03": BrokerUnavailable,
    "55P03": BrokerUnavailable,
    "40001": BrokerUnavailable,
    "40P01": Deadlock,
    "3F000": SchemaError,
    "42P01": SchemaError,
    "42883": SchemaError,
    "42703": SchemaError,
}
# What is refused to a role that lacks a right, by the table, function or schema; the first that applies.
_DENIED: Final[dict[str, str]] = {
    r"table (queue|named_limit|retention)": "operators (aque_operator) alone change queues, limits and retention",
    r"table worker|function (capture|complete|release|interrupt|forsake)": (
        "only a worker's role (aque_worker) captures and completes tasks, and only an operator's (aque_operator) drains"
    ),
    r"schema aque$|table (schema_version|sharing)": (
        "this role has no part in aque here: let the broker's owner `grant aque_user to` it"
    ),
    r"must be owner|for database|to create role": (
        "only the broker's owner may do that, and it must be allowed to create schemas (and roles, for --shared)"
    ),
    r"row-level security": "that is written in one's own name, and of one's own tasks, alone",
    r"permission denied for (table|sequence|function) ": "that is not this role's to read or write",
}
_HINTS: Final[dict[type[AqueError], str]] = {
    BrokerFull: "the broker's disk is full: ",
    SchemaError: "the broker's schema does not fit this program (run `aque init`): ",
}
_NO_ANSWER: Final = (psycopg.OperationalError, psycopg.InterfaceError)


class WorkerGivenUp(BrokerError):
    """The broker no longer counts this worker among the living: it must register anew."""


def one_line(error: BaseException) -> str:
    """What an error says, on one line."""
    return " ".join(str(error).split()) or type(error).__name__


def translate(error: psycopg.Error) -> AqueError:
    """The error of aque's own tree that tells what a driver's error means."""
    state = getattr(error, "sqlstate", None)
    if isinstance(error, psycopg.errors.UniqueViolation) and error.diag.constraint_name == "task_key":
        key = (error.diag.message_detail or "").partition("=(")[2].rpartition(")")[0]  # Key (key)=(…) already exists.
        return UsageError(f"the key {key!r} is taken by a task that is not complete")
    if state == "AQ003":
        return WorkerGivenUp(error.diag.message_primary or one_line(error))
    if state == "42501":
        return PermissionDenied(_denied(error.diag.message_primary or ""))
    if state in _BY_STATE:
        kind = _BY_STATE[state]
        return kind(_HINTS.get(kind, "") + (error.diag.message_primary or one_line(error)))
    if isinstance(error, _NO_ANSWER) and (state is None or state.startswith("08")):
        return BrokerUnavailable(f"the broker cannot be reached: {one_line(error)}")
    # Not what it says beside this: "Failing row contains" shows what nobody is to see, and a context whole statements.
    return BrokerError(f"the broker refused: {error.diag.message_primary or one_line(error)}")


def _denied(message: str) -> str:
    told = next((words for pattern, words in _DENIED.items() if re.search(pattern, message)), "the broker refused")
    return f"{told} ({message})"


def stubbornly(act: Callable[[], T]) -> T:
    """Do once more what met another transaction head on, for that has gone on. Raises Deadlock where it never ends."""
    for _ in range(_TRIES - 1):
        try:
            return act()
        except Deadlock:
            continue
    return act()


@contextmanager
def translated() -> Iterator[None]:
    """Let aque's errors out where the driver raises its own."""
    try:
        yield
    except psycopg.Error as error:
        raise translate(error) from error
