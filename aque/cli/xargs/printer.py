"""The commands' output, copied byte for byte and command by command."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ...core.broker import Broker
from ...core.queries.batches import Place
from ...core.queries.output import GAP, gap_line


class Printer:
    """Copies what tasks wrote to stdout and stderr; knows how far it is."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._place = Place()

    def copy(self, ids: Sequence[int]) -> None:
        """Copy what is new of the tasks, which are those that come next. Raises BrokenPipeError."""
        while ids and (pieces := self._broker.outputs(ids, self._place)):
            for piece in pieces:
                shown = gap_line(int(piece.data)) if piece.stream == GAP else piece.data
                (sys.stdout if piece.stream == 1 else sys.stderr).buffer.write(shown)
            self._place = pieces[-1].place
            sys.stdout.flush()
            sys.stderr.flush()
