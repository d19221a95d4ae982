"""A warm interpreter: it runs nothing itself, and forks a process for each task that it is sent.

It has imported what every task needs and nothing of any task's. What it is sent and what it answers are packets of
one word and numbers, over a socket that keeps their bounds:

    fork    (with descriptors: stdin, stdout, stderr, input, messages)  →  started PID, failed ERRNO, or stale
    share   the same for a process of many tasks (with two more: numbers, orders)
    environ (with one: the environment of the forks that follow)
    dead PID      a process has ended; its number is kept until the runner has dealt with what it left
    reap PID      →  ended PID STATUS USER SYSTEM RSS READ WRITTEN
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` touches more memory, which each fork copies
import _socket  # `socket` would bring modules whose names a task's own folder may use
import gc
import os
import select
import sys
from typing import Any, Callable, Mapping

from . import shared, single
from .parent import die_with_process
from .rehearsal import rehearse
from .surroundings import replace_environ

UNFIT = 75  # the status of an interpreter that cannot be forked from
_DESCRIPTORS = 8
_MODES: Mapping[bytes, Callable[[list[int]], None]] = {b"fork": single.run, b"share": shared.run}


def serve(descriptor: int, parent: int) -> None:
    """Fork for the runner at the other end of this socket, whose process is `parent`, until it is gone."""
    if not die_with_process(parent) or len(os.listdir("/proc/self/task")) > 1:
        sys.exit(UNFIT)  # a fork takes no other threads along, and what these hold stays locked for ever
    sock = _socket.socket(fileno=descriptor)
    os.set_inheritable(descriptor, False)
    rehearse()
    gc.disable()
    gc.collect()
    gc.freeze()  # a collection in a task would copy all these pages
    _Zygote(sock).serve()


class _Zygote:
    def __init__(self, sock: Any) -> None:
        self._socket = sock
        self._wake_out, self._wake_in = os.pipe()
        os.set_blocking(self._wake_out, False)
        os.set_blocking(self._wake_in, False)
        _signal.signal(_signal.SIGCHLD, _nothing)
        _signal.set_wakeup_fd(self._wake_in, warn_on_full_buffer=False)
        self._pid = os.getpid()
        self._alive: set[int] = set()
        self._stamps = _stamps()

    def serve(self) -> None:
        self._socket.send(b"ready")
        poll = select.poll()
        poll.register(self._socket.fileno(), select.POLLIN)
        poll.register(self._wake_out, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == self._wake_out:
                    os.read(self._wake_out, 4096)
                    self._look()
                elif not self._take():
                    return

    def _take(self) -> bool:
        """Do what the runner asks; False where it is gone."""
        space = _socket.CMSG_SPACE(_DESCRIPTORS * 4)
        data, ancillary, _, _ = self._socket.recvmsg(64, space, _socket.MSG_CMSG_CLOEXEC)
        if not data:
            return False
        word, *numbers = data.split()
        descriptors = [each for _, _, packed in ancillary for each in memoryview(packed).cast("i")]
        if word == b"reap":
            self._reap(int(numbers[0]))
        elif word == b"environ":
            with os.fdopen(descriptors[0], "rb") as source:
                replace_environ(source)
        else:
            self._fork(_MODES[word], descriptors)
        return True

    def _fork(self, mode: Callable[[list[int]], None], descriptors: list[int]) -> None:
        if self._stamps != _stamps():
            answer = b"stale"
        else:
            try:
                pid = os.fork()
            except OSError as error:
                answer = b"failed %d" % (error.errno or 0)
            else:
                if not pid:
                    self._become_a_task()
                    mode(descriptors)
                self._alive.add(pid)
                answer = b"started %d" % pid
        for each in descriptors:
            os.close(each)
        self._socket.send(answer)

    def _become_a_task(self) -> None:
        """In the fork: let go of all that is the zygote's."""
        _signal.set_wakeup_fd(-1)
        _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
        os.setsid()
        die_with_process(self._pid)
        self._socket.close()
        os.close(self._wake_out)
        os.close(self._wake_in)

    def _look(self) -> None:
        """Tell which processes have ended."""
        for pid in list(self._alive):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                self._alive.remove(pid)
                self._socket.send(b"dead %d" % pid)

    def _reap(self, pid: int) -> None:
        _, status, usage = os.wait4(pid, 0)
        told = (pid, status, usage.ru_utime, usage.ru_stime, usage.ru_maxrss, usage.ru_inblock, usage.ru_oublock)
        self._socket.send(b"ended %d %d %.6f %.6f %d %d %d" % told)


def _stamps() -> list[int]:
    """When the folders of packages were last changed: what is installed there may change what a start does."""
    return [os.stat(path).st_mtime_ns for path in sys.path if path.endswith("-packages") and os.path.isdir(path)]


def _nothing(_number: int, _frame: Any) -> None:
    """Let the signal wake the loop, no more."""
