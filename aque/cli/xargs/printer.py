"""The commands' output, copied byte for byte and command by command; with --tag each line behind its arguments."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Final

from ...core.queries.batches import Place, PlacedPiece
from ...core.queries.output import GAP, gap_line
from .steady import Steady

_STDOUT: Final = 1


class Printer:
    """Copies what tasks wrote to stdout and stderr; knows how far it is.

    `tag` gives what stands before each line of a task; `aside` clears the way while something is written.
    """

    def __init__(
        self,
        broker: Steady,
        tag: Callable[[int], bytes] | None = None,
        aside: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._broker = broker
        self._tag = tag
        self._aside = aside
        self._place = Place()
        self._within: set[tuple[int, int]] = set()

    def go_on(self, ids: Sequence[int]) -> bool:
        """Copy what is new of the tasks, which are those that come next, if there is any. Raises BrokenPipeError."""
        before = self._place
        while ids and (pieces := self._broker.outputs(ids, self._place)):
            self._write(pieces)
            self._place = pieces[-1].place
        return self._place != before

    def copy(self, ids: Sequence[int]) -> bool:
        """Copy all of some tasks, whatever was copied before, if there is any. Raises BrokenPipeError."""
        self._place = Place()
        return self.go_on(ids)

    def _write(self, pieces: Sequence[PlacedPiece]) -> None:
        is_seen = any(piece.stream != _STDOUT for piece in pieces) or sys.stdout.isatty()
        with self._aside() if is_seen else nullcontext():
            for piece in pieces:
                data = self._shown(piece)
                (sys.stdout if piece.stream == _STDOUT else sys.stderr).buffer.write(data)
            sys.stdout.flush()
            sys.stderr.flush()

    def _shown(self, piece: PlacedPiece) -> bytes:
        if piece.stream == GAP:
            return gap_line(int(piece.data))
        return piece.data if self._tag is None else self._tagged(piece, self._tag(piece.id))

    def _tagged(self, piece: PlacedPiece, tag: bytes) -> bytes:
        stream = (piece.id, piece.stream)
        start = b"" if stream in self._within else tag
        is_whole = piece.data.endswith(b"\n")
        text = piece.data[:-1] if is_whole else piece.data
        self._within = {each for each in self._within if each[0] == piece.id} - {stream}
        if not is_whole:
            self._within.add(stream)
        return start + text.replace(b"\n", b"\n" + tag) + (b"\n" if is_whole else b"")
