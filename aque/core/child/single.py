"""A process that was forked for one task."""

from __future__ import annotations

import json
import os
from typing import Any

from . import main
from .current import Channel, Pipe
from .failure import failure
from .surroundings import leave, put_in_place, take_over

_READ = json.JSONDecoder().raw_decode  # `json.loads` asks first what it was given, and `decode` what is around it


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
    channel = Channel(Pipe(descriptors[3]))
    order = read_order(told or content(descriptors[-1]))
    try:
        take_over(order)
    except OSError as error:
        channel.send({"type": "error", "error": failure(error)})
        return 1
    main.look_around()
    return main.run(order["told"], channel)


def read_order(told: bytes) -> dict[str, Any]:
    """An order."""
    return _READ(told.decode("utf-8", "surrogatepass"))[0]  # type: ignore[no-any-return]


def content(descriptor: int) -> bytes:
    """All of a file, which is closed."""
    with os.fdopen(descriptor, "rb") as source:
        return source.read()
