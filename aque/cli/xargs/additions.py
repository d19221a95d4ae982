"""The values of options that GNU's xargs does not have."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Final

from ...core.errors import UsageError
from ...core.units import parse_duration
from .halt import read_halt
from .reading import Reading
from .refusal import Refused
from .settings import Options

_MOST_TRIES: Final = 2**15 - 1


def field(read: Reading) -> Options:
    """A field of all tasks, as it was given."""
    return read.with_(fields={**read.so_far.fields, read.name: read.value})


def read_limit(read: Reading) -> Options:
    """Units of a named limit; each that is given counts."""
    so_far = read.so_far.fields.get("limits")
    return read.with_(fields={**read.so_far.fields, "limits": f"{so_far},{read.value}" if so_far else read.value})


def read_hook(read: Reading) -> Options:
    """What is done once all have ended: a hook of their group."""
    return read.with_(fields={**read.so_far.fields, "on_done": read.value})


def sets_text(name: str) -> Callable[[Reading], Options]:
    """An option whose value is taken as it is."""
    return lambda read: read.with_(**{name: read.value})


def read_tries(read: Reading) -> Options:
    """As in GNU parallel all tries count, the first too."""
    return read.with_(fields={**read.so_far.fields, "retries": str(read.number(1, _MOST_TRIES) - 1)})


def read_timeout(read: Reading) -> Options:
    return read.with_(fields={**read.so_far.fields, "timeout": str(_seconds(read))})


def read_delay(read: Reading) -> Options:
    return read.with_(delay=_seconds(read))


def read_stop(read: Reading) -> Options:
    try:
        return read.with_(halt=read_halt(read.value))
    except ValueError as error:
        raise Refused(str(error)) from None


def read_columns(read: Reading) -> Options:
    try:
        return read.with_(columns=re.compile(os.fsencode(read.value)), is_parallel=True)
    except re.error as error:
        raise Refused(f"--colsep {read.value}: {error}") from None


def _seconds(read: Reading) -> float:
    try:
        return parse_duration(read.value)
    except UsageError as error:
        raise Refused(f"--{read.name}: {error}") from None
