"""A warm interpreter: it runs nothing itself, and forks a process for each task that it is sent.

It has imported what every task needs and nothing of any task's. What it is sent and what it answers are packets of
a word and what belongs to it, over a socket that keeps their bounds:

    fork ORDER   (with descriptors: stdin, stdout, stderr, messages)  →  started PID, failed ERRNO, or stale
    share ORDER  the same for a process of many tasks (with two more: numbers, orders)
    environ      (with one: the environment of the forks that follow)
    reap         nothing but what follows

Each begins with a line of the processes that have ended, and keep their numbers till then: for each of them the answer,
which comes in one packet as well, has a line         →  ended PID STATUS USER SYSTEM RSS READ WRITTEN

An order that is too long for a packet comes as a file, the last descriptor. The runner sees for itself which processes
have ended: each look of this one would cost pages, which it shares with all that it has forked.
"""

from __future__ import annotations

import _socket  # `socket` would bring modules whose names a task's own folder may use
import gc
import os
import resource  # noqa: F401 - `os.wait4` would import it after the first fork, and each fork would find it new
import sys
from typing import Callable, Mapping

from . import shared, single
from .parent import die_with_process
from .rehearsal import fill_gaps, rehearse
from .surroundings import replace_environ

UNFIT = 75  # the status of an interpreter that cannot be forked from
_DESCRIPTORS = 8
_PACKET = 64 * 1024
_MODES: Mapping[bytes, Callable[[bytes, list[int]], None]] = {b"fork": single.run, b"share": shared.run}


def serve(descriptor: int, parent: int) -> None:
    """Fork for the runner at the other end of this socket, whose process is `parent`, until it is gone."""
    if not die_with_process(parent) or len(os.listdir("/proc/self/task")) > 1:
        sys.exit(UNFIT)  # a fork takes no other threads along, and what these hold stays locked for ever
    zygote = _Zygote(descriptor)
    rehearse()
    gc.disable()
    gc.collect()
    fill_gaps()
    gc.freeze()  # a collection in a task would copy all these pages
    zygote.serve()


class _Zygote:
    def __init__(self, descriptor: int) -> None:
        os.set_inheritable(descriptor, False)
        self._descriptor = descriptor
        self._socket = _socket.socket(fileno=descriptor)
        self._pid = os.getpid()
        folders = [each for each in sys.path if each.endswith("-packages") and os.path.isdir(each)]
        self._packages = [(each, os.stat(each).st_mtime_ns) for each in folders]

    def serve(self) -> None:
        self._socket.send(b"ready")
        space = _socket.CMSG_SPACE(_DESCRIPTORS * 4)
        while True:
            data, ancillary, _, _ = self._socket.recvmsg(_PACKET, space, _socket.MSG_CMSG_CLOEXEC)
            if not data:
                return
            descriptors = memoryview(ancillary[0][2]).cast("i").tolist() if ancillary else []
            if answer := self._take(data, descriptors):
                self._socket.send(answer)
            for each in descriptors:
                os.close(each)

    def _take(self, data: bytes, descriptors: list[int]) -> bytes:
        """Do what the runner asks; the answer."""
        ended, _, rest = data.partition(b"\n")
        word, _, more = rest.partition(b" ")
        answer = b""
        if word in _MODES:  # first of all: somebody waits for it
            answer = self._fork(_MODES[word], more, descriptors)
        elif word == b"environ":
            with os.fdopen(descriptors[0], "rb", closefd=False) as source:
                replace_environ(source)
        for pid in ended.split():
            answer += self._reap(int(pid))
        return answer

    def _fork(self, mode: Callable[[bytes, list[int]], None], order: bytes, descriptors: list[int]) -> bytes:
        """The answer; in the fork, let go of all that is the zygote's, and do what is asked."""
        if self._is_stale():
            return b"stale\n"
        try:
            pid = os.fork()
        except OSError as error:
            return b"failed %d\n" % (error.errno or 0)
        if not pid:
            os.setsid()
            die_with_process(self._pid)
            os.close(self._descriptor)
            del sys.modules["resource"]  # a task may have one of that name
            mode(order, descriptors)
        return b"started %d\n" % pid

    def _reap(self, pid: int) -> bytes:
        _, status, usage = os.wait4(pid, 0)
        told = (pid, status, usage.ru_utime, usage.ru_stime, usage.ru_maxrss, usage.ru_inblock, usage.ru_oublock)
        return b"ended %d %d %.6f %.6f %d %d %d\n" % told

    def _is_stale(self) -> bool:
        """Whether the folders of packages have changed: what is installed there may change what a start does."""
        try:
            for folder, stamp in self._packages:
                if os.stat(folder).st_mtime_ns != stamp:
                    return True
        except OSError:  # one of them is gone
            return True
        return False
