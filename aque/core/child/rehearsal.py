"""What every task does, done before the first: what the interpreter learns by it, its forks need not learn anew.

It specialises the code that it runs and remembers where it found what. Each page that it writes for that in a fork is
a page to copy, and pages are what a fork costs.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Iterator

from . import current, main, single
from .parent import die_with_process
from .surroundings import write_out

_SMALLEST, _LARGEST, _STEP = 48, 512, 16  # the sizes that the allocator has pools for
_PAGE, _FIRST = 4096, (32, 48)  # where the first object of a pool is on its page, by version
_MOST = 20_000  # of one size: more are no gaps
_fillings: list[bytes] = []
_OFTEN = 40  # more than any interpreter wants to see before it learns
_TASK = {"id": 0, "name": "max", "attempt": 1, "func": "builtins:max", "args": "[1, 2]", "kwargs": "{}", "extra": "{}"}
_TOLD = {"run": "generic", "task": _TASK, "dependencies": {}, "broker": "postgresql://"}
_ORDER = {"set": {"AQUE_TASK_ID": "0"}, "cwd": "/", "encoding": "utf-8", "reopen": False, "told": _TOLD}


def rehearse() -> None:
    """Run a task that does nothing, again and again, and leave things as they were, but for the folder."""
    path, parent, told = list(sys.path), os.getppid(), json.dumps(_ORDER).encode()
    main.enter()
    for _ in range(_OFTEN):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        die_with_process(parent)
        single.do(told, [os.dup(0), os.dup(1), os.dup(2), nowhere])
        write_out()
        os.close(nowhere)
        sys.path[:] = path
        del os.environ["AQUE_TASK_ID"]
    current.begin(None, None, None)


def fill_gaps() -> None:
    """Leave no gaps between the small objects that there are, so that those of a fork lie together.

    The allocator gives what was freed last, and after a start that is on many pages.
    """
    empty = sys.getsizeof(b"")
    for size in range(_SMALLEST, _LARGEST + 1, _STEP):
        _fillings.extend(_filling(size - empty))


def _filling(length: int) -> Iterator[bytes]:
    """Objects of one size, until the next would be the first of its pool."""
    for _ in range(_MOST):
        each = bytes(length)
        if id(each) % _PAGE in _FIRST:
            return
        yield each
