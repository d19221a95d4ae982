"""One run: commands go into the broker as they come, and their output comes out in order.

Everything that happens is a message in one inbox: a command is ready, tasks ended, a signal came. With -P 1 each
command waits for the one before it, so that nothing runs after one that stops it all; with more, a window of commands
is under way, and hosts run N of them each.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from ...core.broker import Broker
from ...core.errors import BrokerError
from ...core.listener import Event
from . import terminal
from .course import Stop, course
from .ends import Ends
from .feed import InputEnd, Ready
from .helper import Helper
from .inbox import Inbox
from .job import Job
from .output import output
from .printer import Printer
from .progress import gauge
from .recorder import Recorder
from .rest import INTERRUPTED, Rest
from .settings import Options
from .signals import Signalled, as_messages
from .steady import Steady
from .supply import Supply
from .window import Window

_ASKED: Final = 500  # tasks to one look for what was missed
_GAP: Final = 0.02  # seconds between two looks for output, at least
_LONGEST_GAP: Final = 0.2  # seconds, where there was none
_POLL: Final = 0.1  # seconds between two looks for the output of a command that runs
_PATIENCE: Final = 10  # polls in vain before looking whether something was missed


class Session:
    """What runs between the first byte of the input and the exit status."""

    def __init__(self, options: Options, broker: Broker, jobs: Iterator[Job]) -> None:
        self._options = options
        self._broker = Steady(broker)
        self._inbox = Inbox()
        self._window = Window()
        self._supply = Supply(options, self._broker, self._window, jobs, self._inbox)
        self._helper = Helper(broker, options)
        self._rest = Rest(self._broker, self._helper, self._supply.leave)
        self._course = course(options.halt)
        self._gauge = gauge(options.progress)
        self._output = output(
            self._window,
            Printer(self._broker, self._tag if options.tag else None, self._gauge.aside),
            keep_order=options.keep_order,
            shows_running="retries" not in options.fields,
        )
        recorder = Recorder(self._broker, options)
        self._ends = Ends(self._broker, self._window, self._course, self._output, recorder, self._gauge)
        self._ends.first = self._complain
        self._ends.fell = self._supply.gate.fell
        self._is_read = False
        self._complaint: str | None = None
        self._vain = 0
        self._shown_at = 0.0
        self._gap = _GAP
        self._signal = 0

    def run(self) -> int:
        """The exit status, once all has ended. Raises BrokerError."""
        if not self._options.detach:
            self._broker.broker.bind("task_run", self._inbox.hear)
            self._broker.broker.listener.wait(10)
        self._supply.start()
        try:
            with as_messages(self._inbox, self._broker.hurry):
                self._turn_to_the_end()
                self._supply.stop()
                self._supply.batches.seal()
        except BaseException as error:
            self._give_up(error)
            raise
        finally:
            self._gauge.close()
        self._helper.close()
        if self._ends.is_lost and (hint := self._options.hint):
            terminal.say(hint)
        if self._options.detach and self._supply.batches.group is not None:
            print(self._supply.batches.group)  # noqa: T201
        return INTERRUPTED + self._signal if self._signal else self._course.status

    def _give_up(self, error: BaseException) -> None:
        """Leave nothing behind that goes on without us, as far as the broker can be reached."""
        self._supply.stop()
        is_lost = isinstance(error, BrokerError)
        self._broker.hurry.set()  # whatever is asked now is asked once
        with suppress(BrokerError):
            if not is_lost:
                self._rest.kill(self._window.unfinished())
                self._supply.batches.seal()
        self._helper.close(at_once=is_lost)

    def _turn_to_the_end(self) -> None:
        while not (self._is_read and not self._supply.ready and not self._window) and not self._rest.is_left:
            self._hear()
            self._supply.gate.pass_on()
            self._show()  # first: -t shows the next command behind what the last one said
            self._queue()

    def _show(self) -> None:
        """Show what there is, though not for each of many short commands: to look costs the broker time."""
        now = time.monotonic()
        if self._vain or self._options.trace or now >= self._shown_at + self._gap:
            is_any = self._output.show(is_idle=self._vain > 1)
            self._gap = _GAP if is_any else min(self._gap * 2, _LONGEST_GAP)
            self._shown_at = now

    def _hear(self) -> None:
        """Take what came; wait for it, though not for ever while commands are under way."""
        self._inbox.is_patient = not self._vain and self._window.flying >= self._supply.many
        if not self._inbox.is_patient:
            self._supply.expect()
        messages = self._inbox.take(self._pause())
        self._vain = 0 if messages else self._vain + 1
        if messages:
            self._heed(self._ends.look([task for each in messages for task in self._on_message(each) or ()]))
            self._gauge.read(self._supply.read, is_all=self._is_read)
        elif self._vain % _PATIENCE == 0:
            self._attend()
            self._heed(self._ends.look(self._window.unfinished()[:_ASKED]))

    def _on_message(self, message: Any) -> Sequence[int] | None:
        return _HANDLERS[type(message)](self, message)

    def _pause(self) -> float | None:
        if (seconds := self._supply.pause()) is not None:
            return min(_POLL, seconds)
        if not self._window:
            return None
        return _POLL if self._vain else min(self._gap, _POLL) if self._inbox.is_patient else _GAP

    def _on_ready(self, message: Ready) -> None:
        """It is looked for in each turn."""

    def _on_input_end(self, message: InputEnd) -> None:
        self._is_read = True
        self._complaint = message.error
        self._heed(self._course.read(self._supply.read))

    def _on_event(self, event: Event) -> Sequence[int]:
        if event.resync:
            self._supply.gate.remind()
        stop, to_ask = self._ends.hear(event)
        self._heed(stop)
        return to_ask

    def _on_signal(self, signalled: Signalled) -> None:
        if signalled.number in _STEPS:
            self._supply.step(_STEPS[signalled.number])
            return
        self._signal = signalled.number
        waiting = list(self._supply.ready)
        self._read_no_more()
        with self._gauge.aside():
            self._rest.interrupted(signalled.number, self._window.unfinished(), waiting)
        self._ends.is_quiet = self._rest.is_killed

    def _read_no_more(self) -> None:
        self._is_read = True
        self._complaint = None
        self._supply.stop()

    def _heed(self, stop: Stop) -> None:
        """Read and queue no more, and take back what has not begun; what runs is killed where it shall."""
        if stop is Stop.NO:
            return
        self._read_no_more()
        self._ends.forget([change.id for change in self._broker.withdraw(self._window.unfinished())])
        if stop is Stop.NOW:
            self._rest.kill(self._window.unfinished())
            self._ends.is_quiet = True

    def _queue(self) -> None:
        is_first = self._supply.batches.group is None
        while self._supply.queue():
            if is_first:
                self._attend()
                is_first = False
        if not self._window.flying:
            self._complain()

    def _complain(self) -> None:
        """Tell what is wrong with the input, in its turn: once all commands before it have begun."""
        if self._complaint and self._supply.is_done:
            terminal.say(self._complaint)
            self._complaint = None
            self._course.broken()

    def _attend(self) -> None:
        if not self._options.detach:
            with suppress(BrokerError):  # whoever needs it more finds out
                self._helper.attend()

    def _tag(self, task: int) -> bytes:
        job = self._window[task].job
        return b" ".join(job.arguments if job else ()) + b"\t"


_STEPS: Final[Mapping[int, int]] = {signal.SIGUSR1: 1, signal.SIGUSR2: -1}
_HANDLERS: Final[Mapping[type, Callable[[Session, Any], Sequence[int] | None]]] = {
    Ready: Session._on_ready,
    InputEnd: Session._on_input_end,
    Event: Session._on_event,
    Signalled: Session._on_signal,
}
