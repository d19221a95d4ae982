"""The environment that tasks take over from the process that submits them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

_OF_ONE_RUN: Final = ("AQUE_TASK_ID", "AQUE_WORKER_MARK", "AQUE_MESSAGE_FD", "AQUE_INPUT_FD")
_PROGRESS: Final = "AQUE_PROGRESS_FD"


class _Own:
    """What was read last, and of what: to compare costs next to nothing."""

    def __init__(self) -> None:
        self._seen: tuple[Mapping[Any, Any], Mapping[str, str]] = {}, MappingProxyType({})

    def read(self) -> Mapping[str, str]:
        now = getattr(os.environ, "_data", os.environ)  # the bytes
        data, variables = self._seen
        if now != data:
            variables = MappingProxyType(_read())
            self._seen = dict(now), variables
        return variables


_own: Final = _Own()


def environ() -> Mapping[str, str]:
    """The environment of this process, less what a worker set in it for the run of a task and for no other.

    It is the very same object as long as nothing in it changes: so who has read it need not do so again.
    """
    return _own.read()


def _read() -> dict[str, str]:
    found = {name: value for name, value in os.environ.items() if name}  # the system takes some without a name
    for name in _OF_ONE_RUN:
        found.pop(name, None)
    if found.get(_PROGRESS, "").isdecimal():  # a descriptor of that run; whatever else it is asks for one
        del found[_PROGRESS]
    return found
