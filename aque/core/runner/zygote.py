"""The runner's side of a warm interpreter, from which the processes of Python tasks are forked."""

import array
import os
import signal
import socket
import time
from collections import deque
from typing import NamedTuple

from .job import Job
from .processes import parent_of, send
from .spawn import Plan, start

PATIENCE = 30.0  # seconds that a warm interpreter has for an answer
PACKET = 64 * 1024


class Said(NamedTuple):
    """What a warm interpreter says: a word, whom it is of, and its numbers."""

    word: str
    job: Job | None
    numbers: list[str]


class Zygote:
    """One warm interpreter. Its answers to `fork` come in the order in which it was asked."""

    def __init__(self, planned: Plan, is_strange: bool) -> None:
        """Start it. `is_strange`: it is another user's, and its word is not to be trusted."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            argv = [*planned.argv, str(theirs.fileno()), str(os.getpid())]
            self.pid = start(planned._replace(argv=argv), [theirs.fileno()])
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        ours.setblocking(False)
        self._socket = ours
        self._is_strange = is_strange
        self.used_at = 0.0
        self.environ: dict[str, str] | None = None
        self.is_ready = False
        self.is_over = False
        self.starting: deque[Job] = deque()
        self.running: dict[int, Job] = {}
        self._dead: list[int] = []

    def fileno(self) -> int:
        """The descriptor to wait on."""
        return self._socket.fileno()

    @property
    def is_busy(self) -> bool:
        """Whether processes of tasks depend on it."""
        return bool(self.starting or self.running)

    def fork(self, job: Job, packet: bytes, descriptors: list[int]) -> bool:
        """Have a process forked that takes these descriptors; False where it cannot take the order."""
        if not self._send(packet, descriptors):
            return False
        self.used_at = time.monotonic()
        self.starting.append(job)
        return True

    def teach(self, environ: dict[str, str], descriptor: int) -> None:
        """Give it the environment of the forks that follow."""
        if self._send(b"environ", [descriptor]):
            self.environ = environ

    def _send(self, packet: bytes, descriptors: list[int]) -> bool:
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        dead, head = self._dead[:], self._head()
        try:
            self._socket.sendmsg([head, packet], ancillary)
        except OSError:
            self._dead += dead
            return False
        return True

    def reap(self, pid: int) -> None:
        """Have it reap a process that has ended, with the next packet."""
        self._dead.append(pid)

    def flush(self) -> None:
        """Send what it is to reap, if no other packet took it along."""
        if not self._dead:
            return
        try:
            self._socket.send(self._head() + b"reap")
        except BlockingIOError:  # it does not listen: its end will tell of all its processes
            self.kill()
        except OSError:
            return

    def _head(self) -> bytes:
        """The first line of a packet."""
        line = b" ".join(b"%d" % pid for pid in self._dead) + b"\n"
        self._dead.clear()
        return line

    def receive(self) -> list[Said]:
        """What it has said since the last call."""
        said: list[Said] = []
        while not self.is_over:
            try:
                data = self._socket.recv(PACKET)
            except (BlockingIOError, InterruptedError):
                break
            except ConnectionError:
                data = b""
            if not data:
                self.is_over = True
                break
            try:
                for line in data.decode("ascii").splitlines():
                    word, *numbers = line.split()
                    said.append(_HEARD[word](self, word, numbers))
            except (ValueError, LookupError):  # somebody meddles with it
                self.kill()
                self.is_over = True
        return said

    def kill(self) -> None:
        """End it at once, and with it all its processes."""
        send(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Hang up, at which it ends."""
        self.is_over = True
        self._socket.close()

    def _ready(self, word: str, numbers: list[str]) -> Said:
        self.is_ready = True
        return Said(word, None, numbers)

    def _answered(self, word: str, numbers: list[str]) -> Said:
        return Said(word, self.starting.popleft(), numbers)

    def _started(self, word: str, numbers: list[str]) -> Said:
        job, pid = self.starting.popleft(), int(numbers[0])
        if self._is_strange and parent_of(pid) != self.pid:
            self.kill()
            return Said("failed", job, ["0"])
        job.pid = pid
        self.running[pid] = job
        return Said(word, job, numbers)

    def _ended(self, word: str, numbers: list[str]) -> Said:
        return Said(word, self.running.pop(int(numbers[0]), None), numbers)


_HEARD = {
    "ready": Zygote._ready,
    "started": Zygote._started,
    "failed": Zygote._answered,
    "stale": Zygote._answered,
    "ended": Zygote._ended,
}
