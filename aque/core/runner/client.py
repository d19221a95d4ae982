"""The worker's side of the runner: start it, talk to it, notice that it is gone."""

import socket
import subprocess
import sys
from pathlib import Path

from .channel import Channel, ChannelClosed
from .ends import one_by_one
from .frames import Frame, Header

EXIT_TIME = 10.0


class RunnerLost(Exception):
    """The runner has ended or closed its socket."""


class Runner:
    """A running runner. None of the calls but `close` blocks."""

    def __init__(self, process: "subprocess.Popen[bytes]", channel: Channel) -> None:
        """Use `Runner.start()`."""
        self._process = process
        self._channel = channel

    @classmethod
    def start(cls) -> "Runner":
        """Start a runner process, connected by a socket pair."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        boot = Path(__file__).resolve().parent / "boot.py"
        # Both sides must turn names into bytes alike, so that the runner follows this process's UTF-8 mode.
        utf8 = f"utf8={sys.flags.utf8_mode}"
        try:
            # Its own session: an interrupt typed at the worker's terminal is for the worker to act on.
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-X", utf8, str(boot), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return cls(process, Channel(ours))

    @property
    def pid(self) -> int:
        """The process that was started: the runner's, or that of its guardian."""
        return self._process.pid

    def fileno(self) -> int:
        """The descriptor to wait on."""
        return self._channel.fileno()

    @property
    def wants_write(self) -> bool:
        """Whether something waits to be sent with `flush`."""
        return self._channel.unsent > 0

    def send(self, header: Header, body: bytes = b"") -> None:
        """Send a frame, or keep in the buffer what the socket does not take now."""
        self._channel.queue(header, body)
        self._channel.flush()

    def queue(self, header: Header, body: bytes = b"") -> None:
        """Put a frame into the buffer, to be sent with the next."""
        self._channel.queue(header, body)

    def flush(self) -> None:
        """Send what the socket takes of the buffer."""
        self._channel.flush()

    def receive(self) -> list[Frame]:
        """The frames that have arrived, maybe none; RunnerLost at the end of the stream."""
        try:
            return list(one_by_one(self._channel.receive()))
        except ChannelClosed:
            raise RunnerLost(f"the runner (process {self.pid}) is gone") from None

    def close(self) -> None:
        """Hang up, which kills every task left, and wait for the runner to end."""
        self._channel.close()
        try:
            self._process.wait(EXIT_TIME)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
