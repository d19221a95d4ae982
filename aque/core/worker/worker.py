"""The worker: captures tasks in batches, has its runner run them, and completes them.

One transaction a turn stores the output, completes what ended and claims what is next. Between turns it sleeps, until
its runner or the broker has something to say, or its next heartbeat is due. While the broker cannot be reached the
tasks run on, and what they bring is kept; they are stopped before others could be given them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from ..alarm import Alarm, wait_ready
from ..broker import Broker
from ..db.failures import WorkerGivenUp
from ..errors import AqueError, BrokerError
from ..queries import work
from ..queries.submission import Change
from ..runner.client import RunnerLost
from .crew import Crew
from .desk import Desk
from .host import describe
from .ledger import Ledger, Owed
from .pace import Pace
from .session import Ask, Got, Session
from .sweeper import Sweeper
from .volumes import Surveyor

_log: Final = logging.getLogger("aque.worker")
_HEARTBEAT: Final = 1.0  # seconds
_DEADLINE: Final = 20.0  # seconds after which the tasks of a worker that the broker does not hear are stopped
_LONGEST_PAUSE: Final = 0.5  # seconds between two tries to reach the broker


class Worker:
    """Runs the tasks of a broker on this host. cpus and memory (bytes) default to the host's.

    `isolation` is that of the functions that do not say: `process` or `shared`. `io_order`: among equals it takes those
    first whose files lie on file systems that are fast or idle for it.
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
        io_order: bool = True,
    ) -> None:
        self.broker = broker
        self.info = describe(name, cpus, memory, queues, tags)
        self._session = Session(broker.database.source, self.info)
        self._isolation = isolation
        self._ledger = Ledger()
        self._pace = Pace(self.info.cpus, self.info.memory)
        self._beat_at = 0.0
        self._sweeper = Sweeper(self._session)
        self._surveyor = Surveyor(self._session, self.info.cpus) if io_order else None
        self._due_at = float("inf")
        self._try_at = 0.0
        self._pause = 0.0
        self._is_asked = False
        self._is_stopped = False
        self._untold: list[Change] = []
        self._alarm = Alarm()

    @property
    def id(self) -> int:
        """The id under which the broker knows it; 0 before it has begun."""
        return self._session.worker

    def run(self, *, limit: int | None = None, until_empty: bool = False) -> int:
        """Work until told to drain, or for `limit` tasks, or until there is nothing left; returns how many were run.

        Raises BrokerUnavailable where the broker cannot be reached at first; later it is waited for.
        """
        self._begin(limit, until_empty)
        try:
            while self._talk():
                self._sleep()
                self._listen()
        finally:
            self._end()
        return self._pace.captured

    def drain(self) -> None:
        """Take no more tasks and end with the last that runs. May be called from a signal handler."""
        self._pace.is_draining = True
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
        self._epoch = self.broker.now() - timedelta(seconds=time.monotonic())
        self._session.open()
        self._crew = Crew(self.info.cpus, self.info.memory)
        self._desk = Desk(self._ledger, self._crew, self._session, self._epoch, self.broker.to_url(), self._isolation)
        self.broker.register_worker(self)
        self.broker.listener.wait(10)

    def _talk(self) -> bool:
        """Do all that needs the broker, or try to come back to it; False where there is nothing left to do."""
        if time.monotonic() >= self._try_at:
            try:
                if not self._session.is_open:
                    self._session.resume(self._ledger.runs)
                    self._pace.is_hungry = self._is_asked = True
                self._tell()
                self._pause = self._try_at = 0.0
            except WorkerGivenUp as error:
                self._start_over(error)
            except BrokerError as error:
                self._put_off(error)
        return not (self._is_stopped or self._pace.is_over)

    def _tell(self) -> None:
        if time.monotonic() >= self._beat_at:
            self._beat()
        if self._is_asked:
            self._is_asked = False
            self._desk.stop(self._session.read(work.stops, self.id))
            if not self._pace.is_draining and self._session.read(work.is_to_drain, self.id):
                self.drain()
        self._turn()
        self._desk.launch()
        if self._ledger.is_empty:
            self._pace.judge(self._session)

    def _turn(self) -> None:
        owed = self._ledger.owed()
        self._pace.is_hungry = self._pace.is_hungry or owed.makes_room
        ask = self._pace.ask(self._ledger)
        self._untold += self._ledger.take_started()
        if owed or ask:
            got = self._exchange(owed, ask)
            self._untold += got.changes
            self._ledger.settle(owed)
            self._desk.take(got.claimed)
            self._pace.note(ask, got.claimed)
            if self._session.set_idle(self._pace.wants_news) and self._pace.wants_news:
                self._pace.is_hungry = True  # for what came before the broker knew
        self._announce()

    def _announce(self) -> None:
        """Tell what became of tasks; what cannot be told now is told later."""
        if self._untold:
            self._session.announce(self._untold)
            self._untold.clear()

    def _exchange(self, owed: Owed, ask: Ask | None) -> Got:
        try:
            return self._session.turn(owed, ask)
        except BrokerError as error:
            if type(error) is not BrokerError:
                raise
            if owed and ask:  # whose fault is it? What is owed is not to suffer for a claim.
                return self._exchange(owed, None)
            self._ledger.refuse(owed, str(error))
            raise

    def _beat(self) -> None:
        """Tell that this worker lives, and look for others that do not."""
        now = time.monotonic()
        held = [run.task for run in self._ledger.runs.values()]
        is_to_drain = self._session.beat(
            draining=self._pace.is_draining,
            cpus_used=sum(task.cpus for task in held),
            memory_used=sum(task.memory for task in held),
        )
        self._crew.keep_alive(_DEADLINE - (time.monotonic() - now))
        if is_to_drain and not self._pace.is_draining:
            self.drain()
        if self._pace.is_draining:
            self._crew.give_back()
        if changes := self._session.bury():
            _log.warning("took %d tasks over from workers that died", len(changes))
            self._untold += changes
        self._sweeper.sweep()
        if self._surveyor:
            self._surveyor.survey(held)
        due = self._session.read(work.next_due)
        self._due_at = now + max(due, 0.0) if due is not None else float("inf")
        self._pace.is_hungry = self._is_asked = True  # the net under notifications that got lost
        self._beat_at = now + _HEARTBEAT

    def _put_off(self, error: BrokerError) -> None:
        """The broker is lost, or refuses: try again soon."""
        level = logging.DEBUG if self._pause else logging.WARNING
        _log.log(level, "trying again: %s", error)
        self._pause = min(max(self._pause * 2, 0.05), _LONGEST_PAUSE)
        self._try_at = time.monotonic() + self._pause

    def _start_over(self, error: BrokerError) -> None:
        """Others have our tasks: end ours, and begin anew."""
        _log.warning("%s: starting over as a new worker", error)
        self._crew.replace()
        self._ledger.forget()
        self._desk.forget()
        try:
            self._session.open()
        except BrokerError as again:
            self._session.close()
            self._put_off(again)

    def _sleep(self) -> None:
        """Wait until there is something to do."""
        has_work = self._ledger.is_owing or (self._pace.is_hungry and self._pace.ask(self._ledger))
        if has_work and self._session.is_open and not self._pause:
            timeout = 0.0
        else:
            wakes_at = self._try_at if self._pause else min(self._beat_at, self._due_at)
            timeout = max(0.0, wakes_at - time.monotonic())
        readable = [self._alarm.fileno(), *([] if self._ledger.is_full else [self._crew.fileno()])]
        if self._session.is_open and not self._pause:
            readable.append(self._session.fileno())
        ready = wait_ready(readable, timeout, [self._crew.fileno()] if self._crew.wants_write else [])
        if self._alarm.fileno() in ready:
            self._alarm.hush()
            self._pace.is_hungry = self._is_asked = True
        if time.monotonic() >= self._due_at or (self._session.is_open and self._session.fileno() in ready):
            self._beat_at = 0.0

    def _listen(self) -> None:
        """Take down what the runner says."""
        try:
            self._crew.flush()
            if not self._ledger.is_full:
                for header, body in self._crew.receive():
                    self._desk.file(header, body)
                    self._pace.learn(header)
        except RunnerLost as error:
            _log.error("%s: starting another", error)
            self._ledger.interrupt_all(is_loss=True, reason="its worker's runner died")
            self._desk.forget()
            self._crew.replace()

    def _end(self) -> None:
        self.broker.unregister_worker(self)
        self._crew.close()
        self._ledger.interrupt_all(is_loss=False, reason="its worker was stopped")
        try:
            while owed := self._ledger.owed():
                self._untold += self._exchange(owed, None).changes
                self._ledger.settle(owed)
            self._announce()
            self._session.leave()
        except AqueError as error:
            _log.warning("could not say good-bye to the broker: %s", error)
        finally:
            self._session.close()
