"""Signals as messages, so that none breaks into what is going on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from .inbox import Inbox

_NUMBERS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
_STEPS: Final = (signal.SIGUSR1, signal.SIGUSR2)


@dataclass(frozen=True, slots=True)
class Signalled:
    """A signal came."""

    number: int


@contextmanager
def as_messages(inbox: Inbox, hurry: threading.Event) -> Iterator[None]:
    """Have signals put into an inbox; those that end it all make whoever waits for the broker hurry."""

    def take(number: int, _: object) -> None:
        inbox.put(Signalled(number))
        if number not in _STEPS:
            hurry.set()

    before = {number: signal.getsignal(number) for number in _NUMBERS}
    for number in _NUMBERS:
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, take)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
