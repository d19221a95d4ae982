"""A non-blocking socket that carries frames, with a buffer for what it could not send yet."""

import socket

from .frames import Frame, Header, Reader, pack

CHUNK = 256 * 1024
READS_AT_ONCE = 8


class ChannelClosed(Exception):
    """The other side is gone."""


class Channel:
    """Frames over one end of a socket pair."""

    def __init__(self, sock: socket.socket) -> None:
        """Take over the socket and make it non-blocking."""
        sock.setblocking(False)
        self._socket = sock
        self._reader = Reader()
        self._unsent = bytearray()

    def fileno(self) -> int:
        """The descriptor to wait on."""
        return self._socket.fileno()

    @property
    def unsent(self) -> int:
        """Bytes that wait in the send buffer."""
        return len(self._unsent)

    def queue(self, header: Header, body: bytes = b"") -> None:
        """Put a frame into the send buffer."""
        self._unsent += pack(header, body)

    def flush(self) -> None:
        """Send what the socket takes now."""
        while self._unsent:
            try:
                sent = self._socket.send(memoryview(self._unsent)[:CHUNK])
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                # What the other side wrote before it went may still be unread: the end is reported by `receive`.
                self._unsent.clear()
                return
            del self._unsent[:sent]

    def receive(self) -> list[Frame]:
        """The frames that have arrived; ChannelClosed when no more can come."""
        frames: list[Frame] = []
        for _ in range(READS_AT_ONCE):
            try:
                data = self._socket.recv(CHUNK)
            except (BlockingIOError, InterruptedError):
                break
            except ConnectionError:
                data = b""
            if not data:
                if frames:
                    break
                raise ChannelClosed
            frames += self._reader.feed(data)
        return frames

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
