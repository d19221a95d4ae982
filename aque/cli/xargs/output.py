"""When the output of which commands is shown."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, Protocol

from .printer import Printer
from .window import Flight, Window

_SHOWN: Final = 500  # tasks to one query


class Output(Protocol):
    """Is told what has ended, and shows what is to be shown, if there is any; `is_idle` when nothing else happens."""

    def ended(self, flights: Sequence[Flight]) -> None: ...

    def show(self, *, is_idle: bool) -> bool: ...


class InOrder:
    """The first of those that are not shown in full, as far as it is; those behind it wait."""

    def __init__(self, window: Window, printer: Printer, *, shows_running: bool) -> None:
        self._window = window
        self._printer = printer
        self._shows_running = shows_running

    def ended(self, flights: Sequence[Flight]) -> None:
        """The window knows."""

    def show(self, *, is_idle: bool) -> bool:
        is_any = False
        while True:
            over, with_next = self._window.first(_SHOWN)
            if over or is_idle:
                is_any |= self._printer.go_on(with_next if self._shows_running else over)
            self._window.forget(over)
            if len(over) < _SHOWN:
                return is_any


class AsTheyEnd:
    """Each as a whole, the first that ends first."""

    def __init__(self, window: Window, printer: Printer) -> None:
        self._window = window
        self._printer = printer
        self._fresh: deque[int] = deque()

    def ended(self, flights: Sequence[Flight]) -> None:
        self._fresh.extend(flight.id for flight in flights)

    def show(self, *, is_idle: bool) -> bool:
        del is_idle
        is_any = False
        while self._fresh:
            some = [self._fresh.popleft() for _ in range(min(_SHOWN, len(self._fresh)))]
            is_any |= self._printer.copy(some)
            self._window.forget(some)
        return is_any


def output(window: Window, printer: Printer, *, keep_order: bool, shows_running: bool) -> Output:
    """Where a command may be tried again, only its last output counts: what runs is not shown then."""
    return InOrder(window, printer, shows_running=shows_running) if keep_order else AsTheyEnd(window, printer)
