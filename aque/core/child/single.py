"""A process that was forked for one task."""

from __future__ import annotations

import os
from typing import Any

from . import main, quick
from .current import Channel, Pipe
from .failure import failure
from .surroundings import leave, put_in_place, take_over

_PIPE = Pipe()
_CHANNEL = Channel(_PIPE)  # before the fork: each object of another kind that a fork makes costs pages


def run(told: bytes, descriptors: list[int]) -> None:
    """Run the task that is told, and end."""
    status = 1
    try:
        status = do(told, descriptors)
    finally:
        leave(status)


def do(told: bytes, descriptors: list[int]) -> int:
    """Take over the surroundings that are told, and run the task that is told with them; the status to exit with."""
    put_in_place(descriptors)
    _PIPE.open(descriptors[3])
    order = read_order(told or content(descriptors[-1]))
    try:
        take_over(order)
    except OSError as error:
        _CHANNEL.send({"type": "error", "error": failure(error)})
        return 1
    main.look_around()
    return main.run(order["told"], _CHANNEL)


def read_order(told: bytes) -> dict[str, Any]:
    """An order."""
    return quick.read(told.decode("utf-8", "surrogatepass"))  # type: ignore[no-any-return]


def content(descriptor: int) -> bytes:
    """All of a file, which is closed."""
    with os.fdopen(descriptor, "rb") as source:
        return source.read()
