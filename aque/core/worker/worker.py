"""The worker: captures tasks in batches, has its runner run them, and completes them.

One transaction a turn stores the output, completes what ended and claims what is next. Between turns it sleeps, until
its runner or the broker has something to say, or its next heartbeat is due.
"""

from __future__ import annotations

import json
import logging
import os
import select
import time
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from .. import patterns
from ..broker import Broker
from ..db.failures import WorkerGivenUp, translated
from ..errors import AqueError
from ..listener import Event
from ..queries import submission, work
from ..queries.submission import Change
from ..runner.client import Runner
from ..states import State
from .host import describe
from .launch import launch
from .runs import Run

_log: Final = logging.getLogger("aque.worker")
_HEARTBEAT: Final = 1.0  # seconds
_GRACE: Final = 30.0  # seconds until the tasks of a silent worker are given away
_DEADLINE: Final = 20.0  # seconds after which the runner stops the tasks of a worker that is silent
_BATCH: Final = 200
_SHORT: Final = 0.05  # seconds of work to hold ready beyond what runs, where tasks are short


class Worker:
    """Runs the tasks of a broker on this host. cpus and memory (bytes) default to the host's."""

    def __init__(
        self,
        broker: Broker,
        *,
        cpus: float | None = None,
        memory: int | None = None,
        queues: Sequence[str] | None = None,
        tags: Sequence[str] = (),
        name: str | None = None,
    ) -> None:
        self.broker = broker
        self.info = describe(name, cpus, memory, queues, tags)
        self.id = 0
        self._runs: dict[int, Run] = {}
        self._pieces: list[work.Piece] = []
        self._ended: list[work.Outcome] = []
        self._started: list[Change] = []
        self._environs: set[int] = set()
        self._average = 1.0  # seconds a task takes, lately
        self._draining = False
        self._captured = 0
        self._hungry = True
        self._beat_at = 0.0
        self._due_at = float("inf")
        self._wake_out, self._wake_in = os.pipe()
        os.set_blocking(self._wake_in, False)

    def run(self, *, limit: int | None = None, until_empty: bool = False) -> int:
        """Work until told to drain, or for `limit` tasks, or until there is nothing left; returns how many were run."""
        self._enter()
        try:
            while not self._is_finished(limit, until_empty):
                self._turn(limit)
                self._wait(until_empty)
                self._listen_to_runner()
        finally:
            self._leave()
        return self._captured

    def drain(self) -> None:
        """Take no more tasks and end with the last that runs. May be called from a signal handler."""
        self._draining = True
        self.wake_for_work()

    def wake_for_work(self) -> None:
        """Look for work now. May be called from any thread."""
        with suppress(BlockingIOError):  # it is being woken already
            os.write(self._wake_in, b"x")

    def _enter(self) -> None:
        self._runner = Runner.start()
        self._runner.send({"type": "capacity", "cpus": self.info.cpus, "memory": self.info.memory})
        self.broker.database.prepare()
        self._conn = self.broker.database.source.connect()
        self.id = work.register(self._conn, self.info)
        work.hold(self._conn, self.id)
        self.broker.bind("work", self._heard)
        self.broker.listener.wait(10)

    def _leave(self) -> None:
        self.broker.unbind("work", self._heard)
        self._runner.close()
        work.forsake(self._conn, [self.id]) if self._runs else work.leave(self._conn, self.id)
        self._conn.close()

    def _heard(self, event: Event) -> None:
        if event.payload in ("", str(self.id)):
            self.wake_for_work()

    def _is_finished(self, limit: int | None, until_empty: bool) -> bool:
        if self._runs or self._ended or self._pieces:
            return False
        return self._draining or (limit is not None and self._captured >= limit) or (until_empty and not self._hungry)

    def _turn(self, limit: int | None) -> None:
        """Store, complete and claim, in one transaction; then tell others."""
        wanted = 0 if self._draining else _BATCH if limit is None else min(_BATCH, limit - self._captured)
        if time.monotonic() >= self._beat_at:
            self._beat()
        pieces, ended = self._pieces, self._ended
        claimed: list[work.Captured] = []
        changed: list[Change] = []
        gone = {outcome.lease for outcome in ended}
        cpus, memory = self._room(gone)
        with translated(), self._conn.transaction():
            work.append(self._conn, pieces)
            changed = work.complete(self._conn, ended)
            if wanted > 0 and (self._hungry or ended) and cpus > 0:
                claimed = work.claim(self._conn, self.id, cpus, memory, wanted)
                self._hungry = bool(claimed)
        for lease in gone:
            self._runs.pop(lease, None)
        self._pieces, self._ended = [], []
        self._announce(changed)
        for task in claimed:
            self._start(task)
        self._runner.flush()

    def _announce(self, changed: Sequence[Change]) -> None:
        told = [*self._started, *changed]
        self._started = []
        if told:
            submission.announce(self._conn, told)
        if any(change.state is not State.RUNNING for change in changed):
            submission.wake(self._conn)

    def _room(self, gone: Set[int]) -> tuple[float, int]:
        """What may be claimed: what is free, and where tasks are short what will be free in a moment."""
        held = [run.task for lease, run in self._runs.items() if lease not in gone]
        cpus = self.info.cpus - sum(task.cpus for task in held)
        memory = self.info.memory - sum(task.memory for task in held)
        ahead = self.info.cpus * min(16.0, _SHORT / max(self._average, 0.001)) if self._average < _SHORT else 0.0
        return cpus + ahead, max(memory, 0)

    def _start(self, task: work.Captured) -> None:
        self._captured += 1
        run = self._runs[task.lease] = Run(task)
        try:
            pattern = patterns.find(task.pattern)
            if pattern.is_instant():
                self._finish_at_once(run)
                return
            started = launch(task, lambda each: work.inputs(self._conn, each), self.broker.to_url())
        except AqueError as error:
            self._finish_at_once(run, {"kind": "launch", "message": str(error)})
            return
        run.told["wanted"] = started.header["input_size"] is not None
        self._send_environ(task.environ_id)
        self._runner.send(dict(started.header), started.body)

    def _finish_at_once(self, run: Run, error: Mapping[str, str] | None = None) -> None:
        now = time.monotonic()
        self._ended.append(run.outcome({"started": now, "ended": now, "error": error}, self._epoch()))
        self.wake_for_work()

    def _send_environ(self, key: int | None) -> None:
        if key is not None and key not in self._environs:
            self._environs.add(key)
            self._runner.send({"type": "environ", "key": key}, work.environ(self._conn, key).encode())

    def _wait(self, until_empty: bool) -> None:
        if self._ended or (until_empty and not self._runs and not self._hungry):
            return
        timeout = max(0.0, min(self._beat_at, self._due_at) - time.monotonic())
        writable = [self._runner.fileno()] if self._runner.wants_write else []
        ready, _, _ = select.select([self._runner.fileno(), self._wake_out], writable, [], timeout)
        self._runner.flush()
        if self._wake_out in ready:
            os.read(self._wake_out, 4096)
            self._hungry = True
            self._look_for_stops()

    def _look_for_stops(self) -> None:
        for stop in work.stops(self._conn, self.id):
            self._runner.send(
                {"type": "kill", "lease": stop.lease, "signal": stop.kill_signal, "grace": stop.kill_grace}
            )

    def _beat(self) -> None:
        """Tell that this worker lives, and look for others that do not."""
        self._runner.send({"type": "alive", "seconds": _DEADLINE})
        used = sum(run.task.cpus for run in self._runs.values())
        memory = sum(run.task.memory for run in self._runs.values())
        idle = not self._draining
        if work.beat(self._conn, self.id, idle=idle, cpus_used=used, memory_used=memory) is None:
            raise WorkerGivenUp(f"worker {self.id} was given up for dead by the broker")
        if dead := [each for each in work.dead_workers(self._conn, _GRACE) if each != self.id]:
            _log.warning("taking over from dead workers: %s", dead)
            self._announce(work.forsake(self._conn, dead))
        due = work.next_due(self._conn)
        now = time.monotonic()
        self._due_at = now + max(due, 0.0) if due is not None else float("inf")
        self._hungry = True  # the net under notifications that a lost connection swallowed
        self._beat_at = now + _HEARTBEAT

    def _epoch(self) -> Any:
        return self.broker.now() - timedelta(seconds=time.monotonic())

    def _listen_to_runner(self) -> None:
        for header, body in self._runner.receive():
            if run := self._runs.get(header.get("lease", 0)):
                _HANDLERS[header["type"]](self, run, header, body)

    def _on_started(self, run: Run, header: Mapping[str, Any], body: bytes) -> None:
        del header, body
        self._started.append(Change(run.task.id, State.RUNNING))

    def _on_output(self, run: Run, header: Mapping[str, Any], body: bytes) -> None:
        self._pieces.append(run.piece(header["stream"], body))

    def _on_message(self, run: Run, header: Mapping[str, Any], body: bytes) -> None:
        del header
        told = json.loads(body)
        if told["type"] == "progress":
            work.progress(self._conn, run.task.id, told["done"], told.get("total"), told.get("message"))
        else:
            run.told.update({name: value for name, value in told.items() if name in ("value", "error")})

    def _on_finished(self, run: Run, header: Mapping[str, Any], body: bytes) -> None:
        del body
        self._ended.append(run.outcome(header, self._epoch()))
        if header.get("started") is not None:
            self._average += (header["ended"] - header["started"] - self._average) * 0.2

    def _on_returned(self, run: Run, header: Mapping[str, Any], body: bytes) -> None:
        del header, body
        work.release(self._conn, [(run.task.id, run.task.lease)])
        self._runs.pop(run.task.lease, None)


_HANDLERS: Final[Mapping[str, Callable[[Worker, Run, Mapping[str, Any], bytes], None]]] = {
    "started": Worker._on_started,
    "output": Worker._on_output,
    "message": Worker._on_message,
    "finished": Worker._on_finished,
    "returned": Worker._on_returned,
}
