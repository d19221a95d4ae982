"""What a worker holds and what it owes: the runs that it captured, and all that the broker has not been told of them.

Nothing leaves the ledger before the transaction that stored it was committed, so a broker that is lost for a while
costs no output and no completion.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple

from ..queries.recording import Cut, Piece, Progress
from ..queries.submission import Change
from ..queries.work import Captured, Outcome
from ..states import State
from .excerpt import Excerpt
from .runs import Ending, Interruption, Run, Unrun
from .spans import Tracer, Untraced

_BATCH: Final = 1 << 20  # bytes of output to a transaction
_MUCH: Final = 8 << 20  # bytes of output to keep before tasks have to wait
_ALL: Final = 1 << 20  # runs to a transaction, as long as the broker takes them


class Part(NamedTuple):  # made by the thousand
    """What is to be stored of one run; its end only with the last of its output."""

    run: Run
    pieces: tuple[Piece, ...]
    cut: Cut | None
    progress: Progress | None
    ending: Ending | None

    @property
    def key(self) -> tuple[int, int]:
        """Id and lease."""
        return self.run.task.id, self.run.task.lease


@dataclass(frozen=True, slots=True)
class Owed:
    """What is to be stored in one transaction."""

    parts: tuple[Part, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.parts)

    @property
    def makes_room(self) -> bool:
        """Whether runs end with it."""
        return any(part.ending for part in self.parts)

    @property
    def is_plain(self) -> bool:
        """Whether it is nothing but ends of runs."""
        return all(
            isinstance(part.ending, Outcome) and not (part.pieces or part.cut or part.progress) for part in self.parts
        )

    @property
    def is_tied(self) -> bool:
        """Whether runs end with it that belong to a graph, so that others may be ready now."""
        return any(part.run.task.has_inputs for part in self.parts)

    @property
    def pieces(self) -> list[Piece]:
        """Output, in the order in which each run wrote it."""
        return [piece for part in self.parts for piece in part.pieces]

    @property
    def cuts(self) -> list[Cut]:
        """What is to be left out of output, stored or not."""
        return [part.cut for part in self.parts if part.cut]

    @property
    def progress(self) -> list[Progress]:
        """How far runs are."""
        return [part.progress for part in self.parts if part.progress]

    @property
    def outcomes(self) -> list[Outcome]:
        """Runs that ended."""
        return [part.ending for part in self.parts if isinstance(part.ending, Outcome)]

    @property
    def unrun(self) -> list[tuple[int, int]]:
        """Tasks (id, lease) that go back unrun."""
        return [part.key for part in self.parts if isinstance(part.ending, Unrun)]

    def interrupted(self) -> dict[Interruption, list[tuple[int, int]]]:
        """Tasks (id, lease) whose runs came to no end of their own, by why."""
        found: dict[Interruption, list[tuple[int, int]]] = {}
        for part in self.parts:
            if isinstance(part.ending, Interruption):
                found.setdefault(part.ending, []).append(part.key)
        return found


class Ledger:
    """The runs of a worker by lease, from their capture until their end is stored."""

    def __init__(self, output_limit: int = 0, tracer: Tracer | None = None) -> None:
        """Keep so many bytes of the output of each run; 0: all. `tracer` is told of runs."""
        self._output_limit = output_limit
        self._tracer = tracer or Untraced()
        self.forget()

    def forget(self) -> None:
        """Start with an empty page: all leases are void."""
        self.runs: dict[int, Run] = {}
        self._unstored: dict[int, Run] = {}
        self._started: list[Change] = []
        self._size = 0
        self._at_once = _ALL

    def open(self, task: Captured) -> Run:
        """Enter a run that was just captured."""
        run = self.runs[task.lease] = Run(task)
        return run

    def launch(self, run: Run) -> Mapping[str, str]:
        """It is to be started now; what belongs into its environment."""
        return self._tracer.begin(run)

    def start(self, run: Run) -> None:
        """It runs now, which is to be announced."""
        run.is_started = True
        run.beats = 0
        self._started.append(Change(run.task.id, State.RUNNING))

    def write(self, run: Run, stream: int, data: bytes, skipped: int = 0) -> None:
        """It wrote something, and before it `skipped` bytes that nobody kept."""
        if self._output_limit and not run.excerpt:
            run.excerpt = Excerpt(self._output_limit)
        self._size += len(data) - run.write(stream, data, skipped)
        self.touch(run)

    def end(self, run: Run, ending: Ending) -> None:
        """It ended."""
        run.ending = ending
        self._tracer.end(run, ending)
        self.touch(run)

    def touch(self, run: Run) -> None:
        """It has something to store."""
        self._unstored[run.task.lease] = run

    def interrupt_all(self, *, is_loss: bool, reason: str) -> None:
        """All that run came to no end of their own."""
        for run in self.unfinished():
            self.end(run, Interruption(is_loss, reason))

    def unfinished(self) -> list[Run]:
        """The runs of which no end is known."""
        return [run for run in self.runs.values() if run.ending is None]

    def take_started(self) -> list[Change]:
        """The runs that began since the last call."""
        started, self._started = self._started, []
        return started

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held, and nothing is owed."""
        return not self.runs

    @property
    def is_owing(self) -> bool:
        """Whether something is to be stored."""
        return bool(self._unstored)

    @property
    def is_full(self) -> bool:
        """Whether tasks must not write more until some of it is stored."""
        return self._size > _MUCH

    def owed(self) -> Owed:
        """What is to be stored next."""
        return Owed(tuple(self._parts()))

    def _parts(self) -> Iterator[Part]:
        room = _BATCH
        for run in islice(self._unstored.values(), self._at_once):
            pieces = []
            for piece in run.pieces:
                if room <= 0:
                    break
                pieces.append(piece)
                room -= len(piece.data)
            is_whole = len(pieces) == len(run.pieces)
            yield Part(run, tuple(pieces), run.cut, run.progress, run.ending if is_whole else None)
            if room <= 0:
                return

    def settle(self, paid: Owed) -> None:
        """Strike out what was stored, and the runs that ended with it."""
        for part in paid.parts:
            run = self._unstored.pop(part.run.task.lease)
            self._drop(run, len(part.pieces))
            run.progress = run.cut = None
            if part.ending:
                del self.runs[run.task.lease]
            elif run.pieces or run.ending:
                self.touch(run)  # behind the others: one that writes much holds nobody up
        self._at_once = min(self._at_once * 2, _ALL)

    def refuse(self, owed: Owed, reason: str) -> None:
        """The broker takes none of it: try it in smaller parts, down to the one run that is to blame.

        That one loses what it left, and ends as an error for `reason`; where not even that is taken, as a loss; and
        where that is not taken, it is tried again behind all others.
        """
        self._at_once = max(1, len(owed.parts) // 2)
        if len(owed.parts) == 1:
            run = owed.parts[0].run
            self._unstored[run.task.lease] = self._unstored.pop(run.task.lease)
            if run.is_refused and run.ending:
                run.ending = Interruption(is_loss=True, reason=reason)
                return
            run.is_refused = True
            self._drop(run, len(run.pieces))
            run.progress = None
            error = {"type": "aque.core.errors:BrokerError", "message": f"what it left cannot be stored: {reason}"}
            run.told["error"] = error
            if isinstance(run.ending, Outcome):
                run.ending = run.ending._replace(state=State.ERROR, result=None, error=json.dumps(error))

    def _drop(self, run: Run, count: int) -> None:
        self._size -= sum(len(piece.data) for piece in run.pieces[:count])
        del run.pieces[:count]
