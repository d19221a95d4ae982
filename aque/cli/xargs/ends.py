"""How commands have ended: what is heard, and what has to be asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ...core.listener import Event
from ...core.queries.tasks import Ending
from ...core.states import FAILED_STATES, State
from . import terminal
from .course import Course, Stop
from .endings import is_not_found
from .output import Output
from .progress import Gauge
from .recorder import Recorder
from .steady import Steady
from .window import Flight, Window

_ASKED: Final = 500  # tasks to a query


class Ends:
    """Passes on that commands of a window have ended, each once."""

    def __init__(
        self, broker: Steady, window: Window, course: Course, output: Output, recorder: Recorder, gauge: Gauge
    ) -> None:
        self._broker = broker
        self._window = window
        self._course = course
        self._output = output
        self._recorder = recorder
        self._gauge = gauge
        self.first: Callable[[], None] = lambda: None
        """Called before a word is said of how a command went that did run."""
        self.fell: Callable[[int], None] = lambda _: None
        """Called with each command that ended otherwise than well."""
        self.is_lost = False
        """Whether a command was not found."""
        self.is_quiet = False
        """Whether failures are of our own making, and not worth a word."""

    def hear(self, event: Event) -> tuple[Stop, Sequence[int]]:
        """Take in what was heard; and the tasks of which more has to be asked."""
        if event.resync:
            return Stop.NO, self._window.unfinished()
        mine = self._window.heard(event)
        if event.state == State.SUCCESS:
            found = self._window.end(mine)
            self._pass_on(found)
            return self._course.succeeded(len(found)), ()
        return Stop.NO, mine if event.state in FAILED_STATES else ()

    def look(self, ids: Sequence[int]) -> Stop:
        """Look how tasks have ended of which it is not known; whether more is to be run."""
        stop = Stop.NO
        for start in range(0, len(ids), _ASKED):
            for ending in self._broker.outcomes(ids[start : start + _ASKED]):
                for flight in self._window.end([ending.id]):
                    stop = max(stop, self._judge(ending, flight), key=lambda each: each.value)
        return stop

    def forget(self, ids: Sequence[int]) -> None:
        """These will not run."""
        self._output.ended(self._window.end(ids))

    def _judge(self, ending: Ending, flight: Flight) -> Stop:
        self._pass_on([flight])
        stop, message = self._course.ended(ending, flight.name)
        if ending.state != State.SUCCESS:
            self.fell(flight.id)
            self._gauge.failed()
            self.is_lost = self.is_lost or is_not_found(ending)
        if message and not self.is_quiet:
            self._output.show(is_idle=False)  # what it wrote comes before what is said of it
            with self._gauge.aside():
                if ending.exit_code is not None or ending.signal is not None:
                    self.first()
                terminal.say(message)
        return stop

    def _pass_on(self, flights: Sequence[Flight]) -> None:
        self._recorder.record(flights)
        self._output.ended(flights)
        self._gauge.ended(len(flights))
