"""Waiting for something to become true, with a limit."""

import time
from collections.abc import Callable

PAUSE = 0.01


def wait_for(condition: Callable[[], object], timeout: float = 10.0, message: str = "") -> object:
    """Look until the condition holds; its value. Fails with the message when the time is over."""
    until = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= until:
            raise AssertionError(message or f"not within {timeout} seconds")
        time.sleep(PAUSE)
