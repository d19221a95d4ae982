"""The guardian: the runner's parent, which ends all that is left of the tasks when runner and worker die at once.

It costs a task nothing. Who is orphaned below the runner belongs to the runner, and who is orphaned by its death to the
guardian, in whatever session and however often forked; so to end all below it is to end all tasks. It has nothing else
to do, and nothing that could fail. Should it be killed itself, the runner ends as it does when the worker is gone.
"""

import os
import signal
import socket
import sys

from .processes import LINUX, adopt_orphans, die_with_parent
from .reaper import kill_everything
from .wakeup import WORKERS_OWN

DESERTED = signal.SIGUSR1  # what the runner gets when its guardian is gone


def guard(descriptor: int) -> None:
    """Return in a child of this process, which is to be the runner at this socket; this process only watches over it.

    Where orphans cannot be adopted nothing is guarded.
    """
    if not LINUX:
        return
    guardian = os.getpid()
    adopt_orphans()
    runner = os.fork()
    if runner:
        os.close(descriptor)
        _watch(runner)
    _hang_up_when_deserted(descriptor, guardian)


def _watch(runner: int) -> None:
    """Wait for the runner's end, end all that is left of its tasks, and end."""
    for number in WORKERS_OWN:
        signal.signal(number, signal.SIG_IGN)
    while os.waitpid(-1, 0)[0] != runner:
        pass
    kill_everything()
    os._exit(0)


def _hang_up_when_deserted(descriptor: int, guardian: int) -> None:
    """In the runner: take the guardian's end for the worker's."""

    def hang_up(*_: object) -> None:
        with socket.socket(fileno=os.dup(descriptor)) as sock:
            sock.shutdown(socket.SHUT_RDWR)

    signal.signal(DESERTED, hang_up)
    die_with_parent(DESERTED)
    if os.getppid() != guardian:
        sys.exit(1)
