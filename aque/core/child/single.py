"""A process that was forked for one task."""

from __future__ import annotations

import _io  # `open` touches more memory, which each fork copies
import json

from . import main
from .current import Channel
from .failure import failure
from .surroundings import leave, put_in_place, take_over


def run(descriptors: list[int]) -> None:
    """Run the task that the fourth descriptor tells of, and end."""
    status = 1
    try:
        channel = Channel(_io.BufferedWriter(_io.FileIO(descriptors[4], "wb")))
        put_in_place(descriptors[:3])
        with _io.BufferedReader(_io.FileIO(descriptors[3], "rb")) as source:
            try:
                take_over(source)
            except OSError as error:
                channel.send({"type": "error", "error": failure(error)})
                return
            told = json.load(source)
        main.enter()
        status = main.run(told, channel)
    finally:
        leave(status)
