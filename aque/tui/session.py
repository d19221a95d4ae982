"""What all screens share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..core.broker import Broker
from ..core.config import setting, table
from ..core.filter import Node
from ..core.monitor import Monitor
from ..core.steering import Steering
from .feed import Feeder
from .health import Health
from .mailbox import PERIOD
from .marks import Marks
from .memory import Look, Memory
from .scope import EVERYTHING, Scope
from .vitals import Vitals
from .work import Work


@dataclass(slots=True)
class Session:
    """The broker, what is shown of it and in which order, and what may be done. `now` gives the server's time.

    `monitor` is for errands, one at a time; the feeder has its own. `marks` are the tasks that the verbs are for,
    `sought` is what was looked for last, `work` what goes on.
    """

    broker: Broker
    monitor: Monitor
    place: str
    now: Callable[[], datetime]
    read_only: bool = False
    refresh: float = PERIOD
    """Seconds between two looks."""
    scope: Scope = EVERYTHING
    memory: Memory = field(default_factory=Memory)
    columns: tuple[str, ...] = ()
    """Those of the view that is open; else the memory's hold."""
    theme: str = "dark"
    """That of config.toml; the memory's wins."""
    keys: Mapping[str, Any] = field(default_factory=dict)
    """Those that config.toml gives to commands."""
    marks: Marks = field(default_factory=Marks)
    sought: Node | None = None
    way: list[tuple[str, Scope]] = field(default_factory=list)
    """The screens that led to this one, by name, and what each was about."""
    work: Work = field(default_factory=Work)
    vitals: Vitals = field(default_factory=Vitals)
    feeder: Feeder = field(init=False)
    health: Health = field(init=False)
    steering: Steering = field(init=False)

    def __post_init__(self) -> None:
        self.feeder = Feeder(Monitor(self.broker), self.now, self.refresh)
        self.health = Health(self.feeder.silence)
        self.steering = Steering(self.broker)

    @classmethod
    def of(
        cls, broker: Broker, read_only: bool = False, filter: str = "", view: str = "", refresh: float = PERIOD
    ) -> Session:
        """A session with a broker, about the tasks of a filter, as a view that was kept shows them.

        Raises UsageError for a filter that cannot be read or a view that is not there, and BrokerError where the broker
        cannot be used.
        """
        monitor, memory = Monitor(broker), Memory.of_user()
        told: dict[str, Any] = {"theme": setting("theme") or "dark", "keys": table("keys")}
        made = cls(broker, monitor, monitor.place, broker.now, read_only, refresh, memory=memory, **told)
        if view:
            made.look(memory.view(view))
        if filter:
            made.scope = made.scope.narrowed(filter)
        broker.now()
        return made

    def look(self, look: Look) -> None:
        """Show what a view does; raises UsageError where its filter or its order cannot be read any more."""
        self.scope = self.scope.narrowed(look.filter).sorted(look.sort)
        self.columns = look.columns

    def close(self) -> None:
        """Give back all connections, whatever is being read."""
        self.feeder.stop()
        self.monitor.close()
