"""The broker, which may be lost for a while: what is asked of it is asked again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from ...core.broker import Broker
from ...core.errors import BrokerUnavailable, TaskNotFound
from ...core.queries import batches
from ...core.queries.batches import Place, PlacedPiece, Run
from ...core.queries.submission import Change
from ...core.queries.tasks import Ending

T = TypeVar("T")
_log: Final = logging.getLogger("aque.xargs")
_PATIENCE: Final = 20.0  # seconds; by then workers have stopped what they run
_PAUSE: Final = 0.25  # seconds between two tries


class Steady:
    """Calls of a broker that outlast its restart. Each raises BrokerUnavailable once that has lasted for too long.

    `hurry` set, nothing is waited for.
    """

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.hurry = threading.Event()

    def submit(self, given: Sequence[Mapping[str, Any]], defaults: Mapping[str, Any]) -> list[int]:
        """Store tasks, once: where an answer was lost, it is looked whether they are there."""
        expected: list[int] = []

        def attempt() -> list[int]:
            if expected and self._are_there(expected):
                return expected
            return list(self.broker.submit(given, defaults, lambda ids: expected.__setitem__(slice(None), ids)))

        return self._patiently(attempt)

    def outcomes(self, ids: Sequence[int]) -> list[Ending]:
        return self._patiently(lambda: self.broker.outcomes(ids, stored=True))

    def outputs(self, ids: Sequence[int], after: Place) -> list[PlacedPiece]:
        return self._patiently(lambda: self.broker.outputs(ids, after))

    def runs(self, ids: Sequence[int]) -> list[Run]:
        return self._patiently(lambda: self.broker.read(batches.runs, ids))

    def seal(self, group: int) -> None:
        self._patiently(lambda: self.broker.seal(group))

    def waive(self, ids: Sequence[int]) -> None:
        self._patiently(lambda: self.broker.read(batches.waive, ids))

    def withdraw(self, ids: Sequence[int]) -> list[Change]:
        return self._patiently(lambda: self.broker.withdraw(ids))

    def kill(self, ids: Sequence[int], signal: int, grace: float) -> None:
        self._patiently(lambda: self.broker.kill(ids, signal, grace))

    def _are_there(self, ids: Sequence[int]) -> bool:
        try:
            self.broker.require(ids)
        except TaskNotFound:
            return False
        return True

    def _patiently(self, call: Callable[[], T]) -> T:
        until: float | None = None
        while True:
            try:
                return call()
            except BrokerUnavailable as error:
                now = time.monotonic()
                until = until or now + _PATIENCE
                if now > until or self.hurry.wait(_PAUSE):
                    raise
                _log.info("trying again: %s", error)
