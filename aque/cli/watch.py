"""Following tasks from a terminal."""

from __future__ import annotations

import concurrent.futures
import sys

from ..core.futures import Future

_POLL = 0.1  # seconds between two looks for new output


def watch(future: Future) -> int:
    """Copy what a task writes to stdout and stderr until it ends; its exit status, 128 + its signal, or 1."""
    since = 0
    is_done = False
    while not is_done:
        is_done = bool(concurrent.futures.wait([future], _POLL).done)
        since = copy_output(future, since)
    ending = future.broker.outcomes([future.id])[0]
    if ending.state == "success":
        return 0
    if ending.exit_code is None:
        error = future.exception() if not future.cancelled() else "cancelled"
        print(f"aque: {error}", file=sys.stderr)  # noqa: T201
    return ending.exit_code or (128 + ending.signal if ending.signal else 1)


def copy_output(future: Future, since: int = 0) -> int:
    """Copy a task's output from piece number `since` on; the number of the next piece."""
    while pieces := future.broker.output(future.id, since):
        for piece in pieces:
            stream = sys.stdout.buffer if piece.stream == 1 else sys.stderr.buffer
            stream.write(piece.data)
            stream.flush()
        since = pieces[-1].seq + 1
    return since
