"""The environment that tasks take over from the process that submits them."""

from __future__ import annotations

import os
from typing import Final

_OF_ONE_RUN: Final = ("AQUE_TASK_ID", "AQUE_WORKER_MARK", "AQUE_MESSAGE_FD", "AQUE_INPUT_FD")
_PROGRESS: Final = "AQUE_PROGRESS_FD"


def environ() -> dict[str, str]:
    """The environment of this process, less what a worker set in it for the run of a task and for no other."""
    found = dict(os.environ)
    for name in _OF_ONE_RUN:
        found.pop(name, None)
    if found.get(_PROGRESS, "").isdecimal():  # a descriptor of that run; whatever else it is asks for one
        del found[_PROGRESS]
    return found
