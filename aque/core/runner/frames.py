"""Frames of the socket between worker and runner: two lengths, a JSON header, a binary body."""

import json
import struct
from collections.abc import Callable, Iterator
from typing import Any

Header = dict[str, Any]
Frame = tuple[Header, bytes]

LENGTHS = struct.Struct("!II")


def _encoder() -> Callable[[Any], str]:
    """JSON in ASCII, which carries the lone surrogates of names that are not UTF-8 unharmed.

    Python's own would make its encoder anew for each of our small frames, which takes half of its time.
    """
    ours = json.JSONEncoder(separators=(",", ":"))
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return ours.encode
    escaped = json.encoder.encode_basestring_ascii
    chunks = make(None, ours.default, escaped, None, ":", ",", False, False, True)
    return lambda value: "".join(chunks(value, 0))


ENCODE = _encoder()


def pack(header: Header, body: bytes = b"") -> bytes:
    """The bytes of one frame."""
    head = ENCODE(header).encode("ascii")
    return b"".join((LENGTHS.pack(len(head), len(body)), head, body))


class Reader:
    """Cuts a stream of bytes into frames, however the bytes arrive."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take more bytes; yield every frame that is complete now."""
        self._buffer += data
        return iter(self._frames())

    def _frames(self) -> list[Frame]:
        """Cut the complete frames off the front of the buffer, all at once: each cut moves what is behind it."""
        frames: list[Frame] = []
        at = 0
        if self._end(0) > len(self._buffer):
            return frames  # a big one that is still on its way is not copied each time
        view = bytes(self._buffer)
        while (end := self._end(at)) <= len(view):
            head_size, body_size = LENGTHS.unpack_from(view, at)
            body_at = end - body_size
            frames.append((json.loads(view[body_at - head_size : body_at]), view[body_at:end]))
            at = end
        del self._buffer[:at]
        return frames

    def _end(self, at: int) -> int:
        """Where the frame that begins at a place ends; beyond the buffer where that is not known yet."""
        if len(self._buffer) < at + LENGTHS.size:
            return len(self._buffer) + 1
        head_size, body_size = LENGTHS.unpack_from(self._buffer, at)
        return at + LENGTHS.size + int(head_size + body_size)
