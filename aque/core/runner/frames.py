"""Frames of the socket between worker and runner: two lengths, a JSON header, a binary body."""

import json
import struct
from collections.abc import Iterator
from typing import Any

Header = dict[str, Any]
Frame = tuple[Header, bytes]

LENGTHS = struct.Struct("!II")


def pack(header: Header, body: bytes = b"") -> bytes:
    """The bytes of one frame."""
    # ASCII JSON carries the lone surrogates of names that are not UTF-8 unharmed.
    head = json.dumps(header, separators=(",", ":")).encode("ascii")
    return b"".join((LENGTHS.pack(len(head), len(body)), head, body))


class Reader:
    """Cuts a stream of bytes into frames, however the bytes arrive."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take more bytes; yield every frame that is complete now."""
        self._buffer += data
        return self._frames()

    def _frames(self) -> Iterator[Frame]:
        """Cut complete frames off the front of the buffer."""
        while (frame := self._next()) is not None:
            yield frame

    def _next(self) -> Frame | None:
        """The first frame of the buffer, if all of it is there."""
        if len(self._buffer) < LENGTHS.size:
            return None
        head_size, body_size = LENGTHS.unpack_from(self._buffer)
        body_at = LENGTHS.size + head_size
        end = body_at + body_size
        if len(self._buffer) < end:
            return None
        header: Header = json.loads(self._buffer[LENGTHS.size : body_at])
        body = bytes(memoryview(self._buffer)[body_at:end])
        del self._buffer[:end]
        return header, body
