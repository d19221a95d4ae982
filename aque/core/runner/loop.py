"""The runner's event loop: messages of the worker, output and ends of the tasks, times that come."""

import json
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable

from .admission import Admission
from .carrier import Carrier
from .channel import Channel, ChannelClosed
from .forks import Forks, Hooks
from .frames import Frame, Header
from .gentle import GENTLE
from .job import Job, TaskError, Usage
from .marked import MarkedPipe
from .meters import Meters
from .outlet import Outlet
from .pipes import Pipe, Pipes
from .processes import signal_tree
from .progress import slot
from .reaper import Reaper, kill_everything
from .shared import Shared
from .spawn import opening, plan, spawn
from .timers import Switch, Timers
from .wakeup import wake_on_children
from .zygote import Zygote

PAUSE = 0.001


class Loop:
    """One runner."""

    def __init__(self, sock: socket.socket) -> None:
        """Serve the worker at the other end of the socket."""
        self._channel = Channel(sock)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._channel, selectors.EVENT_READ, self._channel)
        self._wakeup = wake_on_children(self._selector)
        self._timers = Timers()
        self._pipes = Pipes(self._selector, self._channel, Outlet(self._channel, self._timers))
        self._reaper = Reaper()
        self._admission = Admission()
        self._switch = Switch()
        self._forks = Forks(self._selector, self._timers)
        self._shared = Shared(
            self, self._selector, self._forks, self._pipes, self._channel, self._admission, self._timers
        )
        self._meters = Meters(self._channel, self._timers, self._active, self._mains, self._kill_for_memory)
        self._running: dict[int, Job] = {}
        self._environs: dict[str, dict[str, str]] = {}
        self._closing = False
        self._handlers: dict[str, Callable[[Header, bytes], None]] = {
            "environ": self._on_environ,
            "capacity": self._on_capacity,
            "run": self._on_run,
            "kill": self._on_kill,
            "cancel_waiting": self._on_cancel_waiting,
            "alive": self._on_alive,
            "close": self._on_close,
        }

    def run(self) -> None:
        """Serve until the worker closes or is gone."""
        try:
            while not self._over():
                self._turn()
        except ChannelClosed:
            return

    def _over(self) -> bool:
        """Whether the worker has closed and has all it is to get."""
        return self._closing and not (self._active() or self._admission.waiting or self._channel.unsent)

    def _active(self) -> list[Job]:
        """The tasks that run, or are about to."""
        starting = [job for job in self._forks.starting.values() if not isinstance(job, Carrier)]
        return [*self._running.values(), *starting, *self._shared.roster.active()]

    def _turn(self) -> None:
        """Wait, and do what came up."""
        times = [seconds for seconds in (self._timers.remaining(), self._switch.remaining()) if seconds is not None]
        ready = self._selector.select(min(times, default=None))
        if ready and all(isinstance(key.data, MarkedPipe) for key, _ in ready):
            time.sleep(PAUSE)  # small tasks end in swarms: to look after each of them would cost more than they do
            ready = self._selector.select(0)
        # Before any message: after a sleep of the machine a late `alive` saves nobody.
        if self._switch.expired():
            self._kill_all()
        self._timers.run()
        for key, events in ready:
            if isinstance(key.data, Pipe):
                self._pipes.readable(key.data)
            elif isinstance(key.data, Zygote):
                self._forks.hear(key.data)
            elif isinstance(key.data, Carrier):
                self._shared.roster.flush(key.data)
            elif key.data is self._channel and events & selectors.EVENT_READ:
                self._take(self._channel.receive())
            elif key.data is None:
                os.read(self._wakeup, 4096)
        self._reap()
        self._admit()
        self._shared.announce()
        self._send()

    def _take(self, frames: list[Frame]) -> None:
        """Do what the worker asks."""
        for header, body in frames:
            self._handlers[header["type"]](header, body)

    def _send(self) -> None:
        """Send what the worker takes, and wait for it to take the rest."""
        self._channel.flush()
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._channel.unsent else 0)
        if self._selector.get_key(self._channel).events != events:
            self._selector.modify(self._channel, events, self._channel)
        self._pipes.throttle()

    def _admit(self) -> None:
        """Start what may start."""
        while job := self._admission.next(self._active()):
            self._start(job)

    def _start(self, job: Job) -> None:
        """Start one task, or report why not."""
        try:
            environ = self._environs.get(job.order["environ"])
            if environ is None:
                raise TaskError("spawn", f"unknown environment {job.order['environ']}")
            if job.key is not None and self._shared.take(job, environ):
                return
            with opening() as files:
                planned = plan(job, environ, files)
                if self._forks.launch(job, planned, files, self):
                    return
                job.pid, job.streams = spawn(job, planned, files), files.pipes
        except TaskError as error:
            self.failed(job, error)
            return
        self.began(job)

    def began(self, job: Job) -> None:
        """Report a task that runs now, and forward what it writes."""
        job.started = time.monotonic()
        job.body = b""
        self._running[job.pid] = job
        self._pipes.add(job.lease, job.streams)
        job.streams = {}
        self._channel.queue({"type": "started", "lease": job.lease, "pid": job.pid, "at": job.started})
        for number, grace in job.signals:
            self.signal(job, number, grace)
        if job.order.get("timeout") is not None:
            self._timers.after(job.order["timeout"], lambda: self.time_out(job))

    def failed(self, job: Job, error: TaskError) -> None:
        """Report a task that could not be started."""
        self._channel.queue(job.finished(None, None, 0, error))

    def again(self, job: Job) -> None:
        """Start a task once more that has no process."""
        if job.killed:
            self._drop(job)
        else:
            self._start(job)

    def died(self, job: Job) -> None:
        """End what a task has left, and take what it wrote."""
        self.kill_rest(job)
        self._pipes.drain(job.lease)

    def kill_rest(self, job: Job) -> None:
        """End what a process has left, while its number is still its own."""
        self._reaper.kill_rest(job, self._mains())

    def _mains(self) -> set[int]:
        """The processes that we started, or had forked."""
        return {*self._running, *self._shared.roster.by_pid, *self._forks.pids}

    def ended(self, job: Job, code: int, usage: Usage, max_rss: int) -> None:
        """Report the end of a task."""
        del self._running[job.pid]
        self._channel.queue(job.finished(code, usage, max_rss))

    def _reap(self) -> None:
        """Report the tasks that have ended; bury orphans."""
        for pid in self._reaper.dead():
            hooks: Hooks = self if pid in self._running else self._shared
            job = self._running.get(pid) or self._shared.roster.by_pid.get(pid)
            if job is not None:
                hooks.died(job)
            code, usage, max_rss = self._reaper.reap(pid)
            if job is not None:
                hooks.ended(job, code, usage, max_rss)
            self._forks.bury(pid, code)

    def time_out(self, job: Job) -> None:
        """Ask a task whose time is over to end."""
        grace = float(job.order.get("grace") or 0.0)
        if self._running.get(job.pid) is job:
            job.timed_out = True
            self.signal(job, signal.SIGTERM, grace)
        elif found := self._shared.roster.find(job.lease):
            job.timed_out = True
            self._shared.signal(*found, signal.SIGTERM, grace, ends=True)

    def signal(self, job: Job, number: int, grace: float | None) -> None:
        """Signal all of a running process, and kill it after the grace if it is still there."""
        if job.lease in self._forks.starting:
            job.signals.append((number, grace))
            return
        if job not in (self._running.get(job.pid), self._shared.roster.by_pid.get(job.pid)):
            return
        seen = signal_tree(job.pid, number)
        if number not in GENTLE:
            job.seen.update(seen)
        if grace is not None and number != signal.SIGKILL:
            self._timers.after(grace, lambda: self.signal(job, signal.SIGKILL, None))

    def _drop(self, job: Job) -> None:
        """Report a waiting task as killed."""
        job.killed = True
        self._channel.queue(job.finished(None, None, 0))

    def _kill_all(self) -> None:
        """End every task: the worker has not been heard of, and others may hold its tasks now."""
        for job in [*self._shared.roster.take_back(), *self._admission.take_all()]:
            job.cut_off = True
            self._drop(job)
        for job in self._active():
            job.cut_off = True
            self._kill(job, signal.SIGKILL, None, ends=True)

    def _kill(self, job: Job, number: int, grace: float | None, *, ends: bool) -> None:
        """Signal a task that has begun, or is about to."""
        job.killed = job.killed or ends
        found = self._shared.roster.find(job.lease)
        if found is None:
            self.signal(job, number, grace)
        elif not self._shared.signal(*found, number, grace, ends=ends) and ends:
            self._drop(job)

    def _kill_for_memory(self, job: Job) -> None:
        """End a task that uses more memory than it asked for."""
        self._kill(job, signal.SIGKILL, None, ends=True)

    def _on_environ(self, header: Header, body: bytes) -> None:
        self._environs[header["key"]] = json.loads(body)

    def _on_capacity(self, header: Header, _body: bytes) -> None:
        self._admission.resize(header["cpus"], header.get("memory"))
        if header.get("output_limit"):
            self._pipes.outlet.limit(header["output_limit"])
        if header.get("enforce_memory"):
            self._meters.enforce()

    def _on_run(self, header: Header, body: bytes) -> None:
        self._admission.waiting.append(Job(header, body))
        # At once: with the start left to the end of a turn, a `kill` in the same read would miss the process.
        self._admit()

    def _on_kill(self, header: Header, _body: bytes) -> None:
        number, grace = int(header["signal"]), header.get("grace")
        ends = grace is not None or number not in GENTLE
        if ends and (waiting := self._admission.take(header["lease"])) is not None:
            self._drop(waiting)
        active = [*self._running.values(), *self._forks.starting.values()]
        job = next((job for job in active if job.lease == header["lease"]), None)
        if job is None and (found := self._shared.roster.find(header["lease"])):
            job = found[1]
        if job is not None:
            self._kill(job, number, grace, ends=ends)

    def _on_cancel_waiting(self, _header: Header, _body: bytes) -> None:
        for job in [*self._shared.roster.take_back(), *self._admission.take_all()]:
            self._channel.queue({"type": "returned", "lease": job.lease})

    def _on_alive(self, header: Header, _body: bytes) -> None:
        self._switch.set(header["seconds"])

    def _on_close(self, _header: Header, _body: bytes) -> None:
        self._closing = True


def main(descriptor: int) -> int:
    """Serve the worker at this descriptor till it closes or is gone; then nothing of its tasks is left."""
    sock = socket.socket(fileno=descriptor)
    # No task may keep the worker's socket open.
    sock.set_inheritable(False)
    slot()
    loop = Loop(sock)
    try:
        loop.run()
    finally:
        kill_everything()
    return 0
