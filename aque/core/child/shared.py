"""A process that was forked for many small tasks of the same surroundings, which it runs one after another.

The runner sends the tasks over one descriptor, and over another a number for each that may begin: a number that the
runner has taken back belongs to a task that has not begun. What tasks have in common comes once, before the first of
them, under the number 0. At the end of a task a line on the message pipe tells what
it took, and a mark is set into its output, both under a secret of the runner and this process. A task that leaves
something behind that the next might stumble over is the last of its process.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` makes an enumeration of each
import _thread
import functools
import gc
import json
import operator
import os
import sys
import time
from typing import Any, Callable, Mapping

from . import main, variables
from .current import Channel
from .failure import failure
from .parent import adopt_orphans
from .single import content, read_order
from .surroundings import leave, put_in_place, take_over

_NUMBER = 4
_WRITE = json.JSONEncoder(check_circular=False).encode  # of a tree that the codec made
_SIGNALS = tuple(range(1, 32))
_MUCH = (
    8  # what a task may leave in memory is this part of what tasks like it ask for: it would count as the next one's
)


def run(told: bytes, descriptors: list[int]) -> None:
    """Run the tasks that come, until there will be none any more, and end."""
    status = 1
    try:
        channel = Channel(os.fdopen(descriptors[3], "wb"))
        put_in_place(descriptors)
        order = read_order(told or content(descriptors[-1]))
        try:
            take_over(order)
        except OSError as error:
            channel.send({"type": "error", "error": failure(error)})
            return
        main.look_around()
        adopt_orphans()
        status = _Shared(order, channel, descriptors[4], descriptors[5]).serve()
    finally:
        leave(status)


class _Shared:
    def __init__(self, order: Mapping[str, Any], channel: Channel, numbers: int, orders: int) -> None:
        import resource

        self._secret = order["secret"].encode()
        self._encoding = order["encoding"]
        self._channel = channel
        self._numbers = numbers
        self._orders = os.fdopen(orders, "rb")
        self._common: Mapping[str, Any] = {}
        self._known: dict[int, tuple[Mapping[str, Any], bytes]] = {}
        self._pid = os.getpid()
        self._before = _State()
        self._usage: Callable[[], tuple[float, float, int, int, int]] = functools.partial(_usage, resource)
        self._used = self._usage()
        self._most_left = (order.get("memory") or 0) // _MUCH
        self._resident = _resident() if self._most_left else 0

    def serve(self) -> int:
        """The status to exit with."""
        while True:
            number = os.read(self._numbers, _NUMBER)
            if not number:
                return 0
            status, is_last = self._run(*self._order(int.from_bytes(number, sys.byteorder)))
            if is_last:
                return status

    def _order(self, number: int) -> tuple[Mapping[str, Any], bytes]:
        """An order, of which others may have come before, and what it has in common with them."""
        while number not in self._known:
            head = self._orders.read(2 * _NUMBER)
            if not head:
                raise EOFError
            found = int.from_bytes(head[:_NUMBER], sys.byteorder)
            order = self._orders.read(int.from_bytes(head[_NUMBER:], sys.byteorder))
            if found:
                self._known[found] = self._common, order
            else:
                self._common = json.loads(order)
        if len(self._known) > 1:
            for each in [each for each in self._known if each < number]:
                del self._known[each]
        return self._known.pop(number)

    def _run(self, common: Mapping[str, Any], order: bytes) -> tuple[int, bool]:
        """Run one task; its status, and whether it is the last of this process."""
        own = read_order(order)
        self._before.lend(own.pop("set"))
        before = self._used
        started = time.monotonic()
        end = main.execute({**common, **own, "task": {**common.get("task", {}), **own["task"]}}, self._channel)
        ended = time.monotonic()
        status = 0 if end["type"] == "result" else 1
        if os.getpid() != self._pid:  # a fork of the task's own that came back
            if status:
                sys.stderr.write(end["error"]["traceback"])
            leave(status)
        is_last = not self._before.restore() or self._leaves_much()
        self._used = used = self._usage()
        user, system, read, written = map(operator.sub, used[:4], before[:4])
        took = (status, is_last, started, ended, user, system, used[4], read, written)
        stream = self._channel.stream
        stream.write(_WRITE(end).encode() + b"\n" + self._secret + b" %d %d %.6f %.6f %.6f %.6f %d %d %d\n" % took)
        stream.flush()
        if not is_last:
            self._before.mark(self._secret)
        return status, is_last

    def _leaves_much(self) -> bool:
        """Whether so much memory was left that the next task could be killed for it."""
        return self._most_left > 0 and _resident() - self._resident > self._most_left


def _resident() -> int:
    """The memory of this process, in bytes."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _usage(resource: Any) -> tuple[float, float, int, int, int]:
    """What this process and its children have used until now: user and system time, blocks of IO; the most memory."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    rss = max(own.ru_maxrss, children.ru_maxrss)
    read, written = own.ru_inblock + children.ru_inblock, own.ru_oublock + children.ru_oublock
    return own.ru_utime + children.ru_utime, own.ru_stime + children.ru_stime, read, written, rss


class _State:
    """What a task finds, and is to leave as it was."""

    def __init__(self) -> None:
        self._data = dict(variables.DATA)
        self._unlent = dict(self._data)
        self._lent: list[str] = []
        self._lent_keys: list[bytes] = []
        self._streams = (sys.stdin, sys.stdout, sys.stderr)
        self._descriptors = [_kept(each) for each in range(3)]
        try:
            self._folder = os.open(".", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:  # it is gone, or may not be read: no way back into it
            self._folder = -1
        self._path = list(sys.path)
        self._umask = os.umask(0o22)
        os.umask(self._umask)
        self._signals = self._look_at_signals()

    def lend(self, own: Mapping[str, str]) -> None:
        """Set a task's own variables, in the place of those of the task before."""
        if list(own) != self._lent:
            self._data = dict(self._unlent)
            self._restore_environ()
            self._lent, self._lent_keys = list(own), list(map(os.fsencode, own))
        for key, value in zip(self._lent_keys, own.values()):  # noqa: B905 - Python 3.8
            told = os.fsencode(value)
            variables.put(key, told)
            self._data[key] = told

    def restore(self) -> bool:
        """Put things back for the next task; False where that cannot be."""
        if _thread._count() or _has_children() or self._look_at_signals() != self._signals:
            return False
        try:
            for stream in self._streams[1:]:
                stream.flush()
            self._restore()
        except (OSError, ValueError):  # a stream that was closed, say
            return False
        return True

    def _restore(self) -> None:
        if self._folder >= 0:
            os.fchdir(self._folder)
        for place, descriptor in enumerate(self._descriptors):
            os.dup2(descriptor, place)
        os.umask(self._umask)
        _signal.setitimer(_signal.ITIMER_REAL, 0)
        sys.stdin, sys.stdout, sys.stderr = self._streams
        sys.__stdin__, sys.__stdout__, sys.__stderr__ = self._streams  # type: ignore[misc,assignment]
        if sys.path != self._path:
            sys.path[:] = self._path
        sys.argv[:] = [""]
        gc.enable()
        self._restore_environ()
        main.clear_main()

    def _restore_environ(self) -> None:
        """Put back the variables that are not as they were, and no others: there are many, and each costs."""
        now = variables.DATA  # the bytes, which are compared in no time
        if now == self._data:
            return
        for name in now.keys() - self._data.keys():
            del os.environb[name]
        for name in [name for name, value in self._data.items() if now.get(name) != value]:
            os.environb[name] = self._data[name]

    def mark(self, secret: bytes) -> None:
        """Set the mark between two tasks into both outputs."""
        for descriptor in self._descriptors[1:]:
            os.write(descriptor, secret)

    @staticmethod
    def _look_at_signals() -> list[Any]:
        return [*map(_signal.getsignal, _SIGNALS), _signal.pthread_sigmask(_signal.SIG_BLOCK, ())]


def _kept(descriptor: int) -> int:
    """A descriptor beyond those that programs are used to."""
    import fcntl

    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 64)


def _has_children() -> bool:
    """Whether there are processes below this one, orphans of its own included."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
