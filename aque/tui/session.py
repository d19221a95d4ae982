"""What all screens share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ..core.broker import Broker
from ..core.monitor import Monitor


@dataclass(frozen=True, slots=True)
class Session:
    """The broker, what is shown of it, and what may be done. `now` gives the server's time."""

    broker: Broker
    monitor: Monitor
    place: str
    now: Callable[[], datetime]
    read_only: bool = False

    @classmethod
    def of(cls, broker: Broker, read_only: bool = False) -> Session:
        """A session with a broker; raises BrokerError where it cannot be used."""
        broker.now()
        monitor = Monitor(broker)
        return cls(broker, monitor, monitor.place, broker.now, read_only)
