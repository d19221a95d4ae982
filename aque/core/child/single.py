"""A process that was forked for one task."""

from __future__ import annotations

import _io
import json
import os

from . import main
from .current import Channel, Pipe
from .failure import failure
from .surroundings import leave, put_in_place, take_over


def run(descriptors: list[int]) -> None:
    """Run the task that the fourth descriptor tells of, and end."""
    status = 1
    try:
        channel = Channel(Pipe(descriptors[4]))
        put_in_place(descriptors[:3])
        status = perform(_content(descriptors[3]), channel)
    finally:
        leave(status)


def perform(told: bytes, channel: Channel) -> int:
    """Take over the surroundings that are told, and run the task that is told behind them; the status to exit with."""
    source = _io.BytesIO(told)
    try:
        take_over(source)
    except OSError as error:
        channel.send({"type": "error", "error": failure(error)})
        return 1
    order = json.load(source)
    main.enter()
    return main.run(order, channel)


def _content(descriptor: int) -> bytes:
    """All of a file, which is closed."""
    data = b""
    size = os.fstat(descriptor).st_size
    while len(data) < size and (more := os.read(descriptor, size - len(data))):
        data += more
    os.close(descriptor)
    return data
