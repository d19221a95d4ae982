"""One run: commands go into the broker as they come, and their output comes out in order.

Everything that happens is a message in one inbox: a command is ready, tasks ended, a signal came. With -P 1 a command
is queued when the one before it has ended, so that nothing runs after one that stops it all; with more, a window of
commands is under way, and hosts run N of them each.
"""

from __future__ import annotations

import queue
import signal
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from ...core.broker import Broker
from ...core.listener import Event
from . import terminal
from .batch import Batches
from .commands import Command
from .endings import judge
from .feed import Feed, InputEnd, Ready
from .helper import Helper
from .options import Options
from .printer import Printer
from .rest import INTERRUPTED, Rest
from .shell import shown
from .signals import Signalled, as_messages
from .window import Flight, Window

_BATCH: Final = 500  # commands to a transaction
_WINDOW: Final = 5000  # commands that are queued and not shown
_SHOWN: Final = 500  # tasks to one query for output
_POLL: Final = 0.1  # seconds between two looks for the output of a command that runs
_PATIENCE: Final = 10  # polls in vain before looking whether something was missed
_TAKEN: Final = 5000  # messages to a turn


class Session:
    """What runs between the first byte of the input and the exit status."""

    def __init__(self, options: Options, broker: Broker, commands: Iterator[Command]) -> None:
        self._options = options
        self._broker = broker
        self._procs = options.procs
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._feed = Feed(commands, self._inbox)
        self._ready: deque[Command] = deque()
        self._window = Window()
        self._batches = Batches(broker, options)
        self._printer = Printer(broker)
        self._helper = Helper(broker, options.fields.get("queue", "default"))
        self._rest = Rest(broker, self._helper, self._store)
        self._is_read = False
        self._complaint: str | None = None
        self._vain = 0
        self._status = 0

    def run(self) -> int:
        """The exit status, once all has ended. Raises BrokerError."""
        if not self._options.detach:
            self._broker.bind("task_status", self._inbox.put)
            self._broker.listener.wait(10)
        self._feed.start()
        try:
            with as_messages(self._inbox):
                self._turn_to_the_end()
        except BrokenPipeError:
            self._rest.kill(self._window.unfinished())
            raise
        finally:
            self._feed.stop()
            self._batches.seal()
            self._helper.close()
        if self._options.detach and self._batches.group is not None:
            print(self._batches.group)  # noqa: T201
        return self._status

    def _turn_to_the_end(self) -> None:
        while not (self._is_read and not self._ready and not self._window) and not self._rest.is_left:
            self._hear()
            self._show()
            self._queue()

    def _hear(self) -> None:
        """Take what came; wait for it, though not for ever while commands are under way."""
        try:
            message = self._inbox.get(timeout=_POLL if self._window else None)
            self._vain = 0
        except queue.Empty:
            self._vain += 1
            if self._vain % _PATIENCE == 0:
                self._helper.attend()
                self._judge(self._window.unfinished()[:_SHOWN])
            return
        failed: list[int] = []
        for _ in range(_TAKEN):
            failed += _HANDLERS[type(message)](self, message) or ()
            if self._inbox.empty():
                break
            message = self._inbox.get()
        self._judge(failed)

    def _on_ready(self, message: Ready) -> None:
        self._ready.append(message.command)

    def _on_input_end(self, message: InputEnd) -> None:
        self._is_read = True
        self._complaint = message.error

    def _on_event(self, event: Event) -> list[int]:
        return self._window.unfinished() if event.resync else self._window.heard(event)

    def _on_signal(self, signalled: Signalled) -> None:
        if signalled.number in _STEPS:
            self._procs = max(self._procs + _STEPS[signalled.number], 1)
            return
        self._status = INTERRUPTED + signalled.number
        waiting = list(self._ready)
        self._read_no_more()
        self._rest.interrupted(signalled.number, self._window.unfinished(), waiting)

    def _judge(self, ids: list[int]) -> None:
        """Look how commands ended of which it is not known."""
        for ending in self._broker.outcomes(ids) if ids else ():
            verdict = judge(ending, self._window[ending.id].name)
            self._window.end([ending.id])
            if verdict.message and not self._rest.is_killed:
                terminal.say(verdict.message)
            self._fail(verdict.status)
            if verdict.stops:
                self._stop()

    def _fail(self, status: int) -> None:
        """The first failure counts, as it does for xargs: 123 even where a later one stops it all."""
        self._status = self._status or status

    def _read_no_more(self) -> None:
        self._is_read = True
        self._complaint = None
        self._feed.stop()
        self._ready.clear()

    def _stop(self) -> None:
        """Read and queue no more, and take back what has not begun; what runs goes on."""
        self._read_no_more()
        self._window.end(change.id for change in self._broker.withdraw(self._window.unfinished()))

    def _queue(self) -> None:
        while commands := self._next():
            is_first = self._batches.group is None
            self._store(commands)
            if is_first and not self._options.detach:
                self._helper.attend()
        if self._complaint and not self._ready:  # in its turn: behind the commands that came before it
            terminal.say(self._complaint)
            self._complaint = None
            self._fail(1)

    def _store(self, commands: Sequence[Command]) -> None:
        slots = [self._window.next_slot() for _ in commands]
        ids = self._batches.store(commands, slots, self._procs)
        for task, command, slot in zip(ids, commands, slots, strict=True):
            self._window.add(Flight(task, command[0].decode(errors="surrogateescape"), slot))
        if self._options.detach:
            self._window = Window()

    def _next(self) -> list[Command]:
        """The commands that may be queued now; the feed may read as many more."""
        taken: list[Command] = []
        room = min(self._room(), _BATCH)
        while self._ready and len(taken) < room:
            command = self._ready.popleft()
            self._feed.taken(1)
            if self._is_wanted(command):
                taken.append(command)
        return taken

    def _room(self) -> int:
        if self._options.detach:
            return _BATCH
        at_once = self._procs if self._procs == 1 or self._options.slot_variable is not None else 0
        return min((at_once or _WINDOW) - self._window.flying, _WINDOW - len(self._window))

    def _is_wanted(self, command: Command) -> bool:
        """Show a command that is to be run, and ask for leave if so told."""
        if not self._options.trace:
            return True
        if not self._options.interactive:
            terminal.put(shown(command) + b"\n")
            return True
        return terminal.ask(shown(command) + b"?...").startswith(("y", "Y"))

    def _show(self) -> None:
        while True:
            over, shown_now = self._window.first(_SHOWN)
            if over or self._vain:
                self._printer.copy(shown_now)
            self._window.forget(over)
            if len(over) < _SHOWN:
                return


_STEPS: Final[Mapping[int, int]] = {signal.SIGUSR1: 1, signal.SIGUSR2: -1}
_HANDLERS: Final[Mapping[type, Callable[[Session, Any], list[int] | None]]] = {
    Ready: Session._on_ready,
    InputEnd: Session._on_input_end,
    Event: Session._on_event,
    Signalled: Session._on_signal,
}
