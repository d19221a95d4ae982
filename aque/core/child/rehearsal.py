"""What every task does, done before the first: what the interpreter learns by it, its forks need not learn anew.

It specialises the code that it runs and remembers where it found what. Each page that it writes for that in a fork is
a page to copy, and pages are what a fork costs.
"""

from __future__ import annotations

import json
import os
import sys

from . import current, single
from .surroundings import write_out

_OFTEN = 40  # more than any interpreter wants to see before it learns
_ORDER = {"set": {"AQUE_TASK_ID": "0"}, "cwd": "/", "encoding": "utf-8", "reopen": False}
_TASK = {"id": 0, "name": "max", "attempt": 1, "func": "builtins:max", "args": "[1, 2]", "kwargs": "{}", "extra": "{}"}
_TOLD = {"run": "generic", "task": _TASK, "dependencies": {}, "broker": "postgresql://"}


class _Nowhere:
    def write(self, data: bytes) -> None:
        pass

    def flush(self) -> None:
        pass


def rehearse() -> None:
    """Run a task that does nothing, again and again, and leave things as they were, but for the folder."""
    told = json.dumps(_ORDER).encode() + b"\n" + json.dumps(_TOLD).encode()
    path, channel = list(sys.path), current.Channel(_Nowhere())
    for _ in range(_OFTEN):
        single.perform(told, channel)
        write_out()
        sys.path[:] = path
        del os.environ["AQUE_TASK_ID"]
    current.begin(None, None, None)
