"""When Python looks for garbage: among thousands of objects that live on, that costs more than making them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_MANY: Final = 20_000  # objects after which to look, in a process that makes and drops many; usually it is 700


@contextmanager
def unlooked_for() -> Iterator[None]:
    """For the time of a block that makes many objects, all of which stay."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def look_from_now_on() -> None:
    """For garbage in what is made from now on; what there is by now is never looked at again."""
    gc.freeze()
    gc.enable()


def look_rarely() -> None:
    """For the rest of this process; what there is by now is never looked at again."""
    gc.freeze()
    gc.set_threshold(_MANY)
