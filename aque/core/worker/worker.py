"""The worker: captures tasks in batches, has its runner run them, and completes them.

One transaction a turn stores the output, completes what ended and claims what is next. Between turns it sleeps, until
its runner or the broker has something to say, or its next heartbeat is due. While the broker cannot be reached the
tasks run on, and what they bring is kept; they are stopped before others could be given them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from ..alarm import Alarm, wait_ready
from ..broker import Broker
from ..db.failures import WorkerGivenUp
from ..db.source import BrokerGone
from ..errors import AqueError, BrokerError, SchemaError
from ..queries import registry, work
from ..queries.submission import ANY
from ..runner.client import RunnerLost
from .crew import Crew
from .desk import Desk
from .exchange import Exchange
from .farewell import hand_in
from .host import describe
from .ledger import Ledger
from .pace import Pace
from .patience import Patience
from .pulse import Pulse
from .rest import Rest
from .service import Service, Unwatched
from .session import Session
from .spans import Tracer
from .volumes import Surveyor

OUTPUT_LIMIT: Final = 64 << 20
"""Bytes of a run's output that are kept, unless something else is said."""
_GLANCE: Final = 0.005  # seconds between two looks at what the runner says while the broker works
_log: Final = logging.getLogger("aque.worker")


class Worker:
    """Runs the tasks of a broker on this host. cpus and memory (bytes) default to the host's.

    `isolation` is that of the functions that do not say: `process` or `shared`. `enforce_memory`: tasks that use more
    memory than they asked for are killed. `output_limit`: bytes of a run's output that are kept at most; 0: all.
    `io_order`: among equals it takes those first whose files lie on file systems that are fast or idle for it. `tracer`
    is told of its runs.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        cpus: float | None = None,
        memory: int | None = None,
        queues: Sequence[str] | None = None,
        tags: Sequence[str] = (),
        name: str | None = None,
        isolation: str = "process",
        service: Service | None = None,
        enforce_memory: bool = False,
        output_limit: int = OUTPUT_LIMIT,
        io_order: bool = True,
        tracer: Tracer | None = None,
    ) -> None:
        self.broker = broker
        self.info = describe(name, cpus, memory, queues, tags)
        self._service = service or Unwatched()
        self._isolation = isolation
        self._limits = (enforce_memory, output_limit)
        self._session = Session(broker.database.source, self.info)
        self._ledger = Ledger(output_limit, tracer)
        self._pace = Pace(self.info.cpus, self.info.memory)
        self._exchange = Exchange(self._session, self._ledger, self._pace)
        self._patience = Patience(self._session)
        self._surveyor = Surveyor(self._session, self.info.cpus) if io_order else None
        self._alarm = Alarm()
        self._is_stopped = False

    @property
    def id(self) -> int:
        """The id under which the broker knows it; 0 before it has begun."""
        return self._session.worker

    def run(self, *, limit: int | None = None, until_empty: bool = False) -> int:
        """Work until told to drain, or for `limit` tasks, or until there is nothing left; returns how many were run.

        Raises BrokerUnavailable where the broker cannot be reached at first; later it is waited for. Where it was
        embedded and is deleted, BrokerGone is.
        """
        self._begin(limit, until_empty)
        try:
            while self._talk():
                self._rest.sleep()
                self._rest.gather()
                self._listen()
        finally:
            self._end()
        return self._pace.captured

    def drain(self, limit: float | None = None) -> None:
        """Take no more tasks and end with the last that runs. May be called from a signal handler.

        What still runs after `limit` seconds is killed, and pending again, at no cost.
        """
        self._pace.drain(limit)
        self.wake_for_work()

    def stop(self) -> None:
        """End now: what runs is killed, and pending again. May be called from a signal handler."""
        self._is_stopped = True
        self.wake_for_work()

    def wake_for_work(self) -> None:
        """Look for work now. May be called from any thread."""
        self._alarm.ring()

    def _begin(self, limit: int | None, until_empty: bool) -> None:
        self._pace.begin(limit, until_empty)
        self.broker.database.prepare()
        self._session.open()
        crew = Crew(self.info.cpus, self.info.memory, self._session.mark, *self._limits)
        ours = self._session, crew, self._ledger, self._pace
        self._crew = crew
        self._desk = Desk(self._ledger, crew, self._session, self.broker.to_url(), self._isolation)
        self._pulse = Pulse(*ours, self._exchange, self._service, self._surveyor)
        self._rest = Rest(self._alarm, *ours, self._exchange, self._pulse, self._patience)
        self._session.wire.bind(self._rest.hear)
        _log.info("worker %d takes tasks, as %s", self.id, self.info.name, extra={"worker": self.id})
        self._service.ready()

    def _talk(self) -> bool:
        """Do all that needs the broker, or try to come back to it; False where there is nothing left to do."""
        self._service.alive()
        if self._patience.is_due:
            try:
                if not self._session.wire.is_open:
                    self._exchange.note(self._session.resume(self._ledger.runs), ANY)
                    self._desk.disown(self._session.read(work.orphans, self.id, self._ledger.runs))
                    self._rest.heed()
                self._tell()
                self._patience.rest()
            except BrokerGone:  # there is nobody to wait for
                raise
            except WorkerGivenUp as error:
                self._start_over(error)
            except SchemaError as error:
                self._patience.doubt(error)
            except BrokerError as error:
                self._patience.put_off(error)
        return not (self._is_stopped or self._pace.is_over or self._pace.is_late)

    def _tell(self) -> None:
        if self._pulse.is_due:
            self._pulse.beat()
            self._rest.heed()  # the net under notifications that got lost
        if self._rest.is_asked:
            self._rest.is_asked = False
            self._desk.stop(self._session.read(work.stops, self.id))
            self._pace.hear(self._session.read(registry.is_to_drain, self.id))
        self._desk.take(self._exchange.turn(self._listen_till))
        self._desk.launch()
        self._exchange.tell()
        self._rest.turned()
        if self._ledger.is_empty:
            self._pace.judge(self._session)

    def _start_over(self, error: BrokerError) -> None:
        """Others have our tasks: end ours, and begin anew."""
        _log.warning("%s: starting over as a new worker", error)
        self._crew.replace()
        self._ledger.forget()
        self._desk.forget()
        try:
            self._session.open()
            self._crew.mark = self._session.mark
        except BrokerError as again:
            self._session.wire.close()
            self._patience.put_off(again)

    def _listen(self) -> None:
        """Take down what the runner says."""
        try:
            self._take_down()
        except RunnerLost as error:
            _log.error("%s: starting another", error)
            self._ledger.interrupt_all(is_loss=True, reason="its worker's runner died")
            self._desk.forget()
            self._crew.replace()

    def _take_down(self) -> None:
        self._crew.flush()
        if not self._ledger.is_full:
            for header, body in self._crew.receive():
                self._desk.file(header, body)
                self._pace.learn(header)

    def _listen_till(self, answered: int) -> None:
        """The same while the broker works, until it answers; a runner that is lost is seen to later."""
        with suppress(RunnerLost):
            while not wait_ready([answered], _GLANCE):
                self._take_down()

    def _end(self) -> None:
        self._service.stopping()
        self._crew.close()
        if left := len(self._ledger.unfinished()):
            _log.warning("%d tasks were stopped, and wait again", left)
        self._ledger.interrupt_all(is_loss=False, reason="its worker was stopped")
        try:
            self._exchange.note(hand_in(self._session, self._ledger), ANY)
            self._exchange.announce()
            self._session.leave()
        except AqueError as error:
            _log.warning("could not say good-bye to the broker: %s", error)
        finally:
            self._session.wire.close()
