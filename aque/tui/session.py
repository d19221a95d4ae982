"""What all screens share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from ..core.broker import Broker
from ..core.monitor import Monitor
from ..core.steering import Steering
from .feed import Feeder
from .health import Health
from .scope import EVERYTHING, Scope
from .vitals import Vitals


@dataclass(slots=True)
class Session:
    """The broker, what is shown of it and in which order, and what may be done. `now` gives the server's time.

    `monitor` is for errands, one at a time; the feeder has its own.
    """

    broker: Broker
    monitor: Monitor
    place: str
    now: Callable[[], datetime]
    read_only: bool = False
    scope: Scope = EVERYTHING
    vitals: Vitals = field(default_factory=Vitals)
    feeder: Feeder = field(init=False)
    health: Health = field(init=False)
    steering: Steering = field(init=False)

    def __post_init__(self) -> None:
        self.feeder = Feeder(Monitor(self.broker))
        self.health = Health(self.feeder.silence)
        self.steering = Steering(self.broker)

    @classmethod
    def of(cls, broker: Broker, read_only: bool = False, scope: Scope = EVERYTHING) -> Session:
        """A session with a broker; raises BrokerError where it cannot be used."""
        broker.now()
        monitor = Monitor(broker)
        return cls(broker, monitor, monitor.place, broker.now, read_only, scope)

    def close(self) -> None:
        """Give back all connections, whatever is being read."""
        self.feeder.stop()
        self.monitor.close()
