"""The runner's event loop: messages of the worker, output and ends of the tasks, times that come."""

import gc
import os
import selectors
import socket
import time
from collections.abc import Callable
from typing import Any

from .admission import Admission
from .carrier import Carrier
from .channel import Channel, ChannelClosed
from .forks import Forks, Hooks, Life
from .job import Job
from .marked import MarkedPipe
from .meters import Meters
from .orders import Orders
from .outlet import Outlet
from .pipes import Pipe, Pipes
from .progress import slot
from .reaper import Reaper, kill_everything
from .roster import Roster
from .running import Running
from .shared import Shared
from .signals import Signals
from .tasks import Tasks
from .timers import Switch, Timers
from .wakeup import wake_on_children
from .zygote import Zygote

PAUSE = 0.001


class Loop:
    """One runner."""

    def __init__(self, sock: socket.socket) -> None:
        """Serve the worker at the other end of the socket."""
        self._channel = channel = Channel(sock)
        self._selector = selector = selectors.DefaultSelector()
        selector.register(channel, selectors.EVENT_READ, channel)
        self._wakeup = wake_on_children(selector)
        self._timers = timers = Timers()
        outlet = Outlet(channel, timers)
        self._pipes = pipes = Pipes(selector, channel, outlet, timers)
        self._reaper = Reaper()
        self._admission = admission = Admission()
        self._switch = Switch()
        self._forks = forks = Forks(selector, timers)
        roster = Roster(selector, timers)
        self._running = running = Running(forks, roster)
        signals = Signals(running, self._reaper, timers)
        self._shared = shared = Shared(channel, pipes, admission, signals, forks, roster, timers)
        self._tasks = Tasks(channel, pipes, admission, running, signals, forks, shared, timers)
        meters = Meters(channel, timers, running.active, running.mains, self._end)
        self._orders = Orders(
            channel, admission, running, roster, self._tasks, shared, signals, self._switch, outlet, meters
        )
        self._hearers: dict[type, Callable[[Any], None]] = {
            Channel: lambda channel: self._orders.take(channel.receive()),
            Pipe: pipes.readable,
            MarkedPipe: pipes.readable,
            Zygote: forks.hear,
            Life: forks.over,
            Carrier: roster.flush,
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
        return self._orders.is_closing and not (
            self._running.by_pid or self._running.active() or self._admission.waiting or self._channel.unsent
        )

    def _turn(self) -> None:
        """Wait, and do what came up."""
        ready = self._wait()
        # Before any message: after a sleep of the machine a late `alive` saves nobody.
        if self._switch.expired():
            self._orders.kill_all()
        self._timers.run()
        for key, events in ready:
            self._hear(key.data, events)
        self._reap()
        self._tasks.admit()
        self._forks.flush()  # what a fork has not taken along
        self._send()

    def _wait(self) -> list[tuple[selectors.SelectorKey, int]]:
        """What the selector tells, or a time that has come."""
        times = [seconds for seconds in (self._timers.remaining(), self._switch.remaining()) if seconds is not None]
        ready = self._selector.select(min(times, default=None))
        if ready and all(isinstance(key.data, MarkedPipe) and key.data.is_followed for key, _ in ready):
            time.sleep(PAUSE)  # small tasks end in swarms: to look after each of them would cost more than they do
            ready = self._selector.select(0)
        return ready

    def _hear(self, source: Any, events: int) -> None:
        """Take what one of them has to say."""
        if source is None:
            os.read(self._wakeup, 4096)
        elif source is not self._channel or events & selectors.EVENT_READ:
            self._hearers[type(source)](source)

    def _send(self) -> None:
        """Send what the worker takes, and wait for it to take the rest."""
        self._shared.tell()
        self._channel.flush()
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._channel.unsent else 0)
        if self._selector.get_key(self._channel).events != events:
            self._selector.modify(self._channel, events, self._channel)
        self._pipes.throttle()

    def _end(self, job: Job) -> None:
        """End a task that uses too much."""
        self._orders.kill(job)

    def _reap(self) -> None:
        """Report the tasks that have ended; bury orphans."""
        for pid in self._reaper.dead():
            hooks: Hooks = self._tasks if pid in self._running.by_pid else self._shared
            job = self._running.main(pid)
            if job is not None:
                hooks.died(job)
            code, usage, max_rss = self._reaper.reap(pid)
            if job is not None:
                hooks.ended(job, code, usage, max_rss)
            self._forks.bury(pid, code)


def main(descriptor: int) -> int:
    """Serve the worker at this descriptor till it closes or is gone; then nothing of its tasks is left."""
    sock = socket.socket(fileno=descriptor)
    # No task may keep the worker's socket open.
    sock.set_inheritable(False)
    slot()
    gc.freeze()  # next to nothing here is garbage: to look for it as often as is usual takes a sixth of the time
    gc.set_threshold(20_000)
    loop = Loop(sock)
    try:
        loop.run()
    finally:
        kill_everything()
    return 0
