"""The runs of a worker: what it captured, and how each came to its end."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from ..child.codec import clean_text
from ..queries.recording import Cut, Piece, Progress
from ..queries.usage import Used
from ..queries.work import Captured, Outcome, Stop
from ..states import State
from ..units import tell_memory
from .excerpt import Excerpt

_NO_TEXT: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000|[\ud800-\udfff]")
"""In JSON: NUL, or half a character."""


@dataclass(frozen=True, slots=True)
class Interruption:
    """A run that came to no end of its own. `is_loss`: the task may have been the culprit."""

    is_loss: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Unrun:
    """A task that was captured, did not start, and goes back."""


Ending: TypeAlias = Outcome | Interruption | Unrun


@dataclass(slots=True, eq=False)
class Run:
    """One captured task, from its claim until its end is stored; with what is not stored yet."""

    task: Captured
    excerpt: Excerpt | None = None
    wants_result: bool = False
    is_started: bool = False
    beats: int = 0  # of its worker, since it was captured or, once it has begun, since then
    pieces: list[Piece] = field(default_factory=list)
    count: int = 0
    cut: Cut | None = None
    progress: Progress | None = None
    told: dict[str, Any] = field(default_factory=dict)
    ending: Ending | None = None
    stop: Stop | None = None
    is_refused: bool = False
    used: Used | None = None
    span: Any = None

    def is_news(self, stop: Stop) -> bool:
        """Whether a signal is to be passed on: one that is asked until it has worked, only once."""
        if not stop.is_standing:
            return True
        before, self.stop = self.stop, stop
        return stop != before

    def write(self, stream: int, data: bytes, skipped: int = 0) -> int:
        """It wrote something; how many bytes are not to be stored any more because of it."""
        number = self.excerpt.number(self.count, skipped) if self.excerpt else self.count
        self.pieces.append(Piece(self.task.id, self.task.lease, number, stream, data))
        self.count = number + 1
        if self.excerpt and self.excerpt.add(number, len(data), skipped):
            return self._leave_out(self.excerpt)
        return 0

    def _leave_out(self, excerpt: Excerpt) -> int:
        assert excerpt.mark is not None
        mark, until = excerpt.mark, excerpt.until
        self.cut = Cut(self.task.id, self.task.lease, mark, until, excerpt.left_out)
        size = sum(len(each.data) for each in self.pieces)
        self.pieces = [each for each in self.pieces if not mark <= each.seq < until]
        return size - sum(len(each.data) for each in self.pieces)

    def report(self, done: float, total: float | None, message: str | None) -> None:
        """It told how far it is; only the last word counts."""
        self.progress = Progress(self.task.id, self.task.lease, done, total, message)

    def measure(self, cpu: float, rss: int, peak: int) -> None:
        """It was seen to use so much."""
        self.used = Used(self.task.id, self.task.lease, cpu, rss, peak)

    def outcome(self, end: Mapping[str, Any], epoch: float) -> Outcome:
        """How it ended, from the runner's word; `epoch` is the server's time at zero of the steady clock."""
        state, error = _WELL if self._is_well(end) else self._judge(end)
        started = end.get("started")
        return Outcome._make(
            (
                self.task.id,
                self.task.lease,
                state,
                None if started is None else epoch + started,
                epoch + end["ended"],
                *map(end.get, _MEASURED),
                json.dumps(_clean(error)) if error else None,
                self.told.get("value") if state is State.SUCCESS else None,
            )
        )

    def _is_well(self, end: Mapping[str, Any]) -> bool:
        """Whether nothing is amiss: most runs end so, and need no closer look."""
        has_result = "value" in self.told or not self.wants_result
        return has_result and "error" not in self.told and not any(map(end.get, _AMISS))

    def _judge(self, end: Mapping[str, Any]) -> tuple[State, Any]:
        """The state in which a run ends, and its error."""
        end = {**end, "memory": self.task.memory}
        is_wanted = not any(end.get(name) for name in ("error", "timed_out", "over_memory"))
        state = State.KILLED if end.get("killed") and is_wanted else State.ERROR
        error = next((tell(end, self.told) for applies, tell in _ENDINGS if applies(end, self.told)), None)
        if error is None and self.wants_result and "value" not in self.told:
            error = {"type": "aque:no_result", "message": "its process ended without a result"}
        return (state, error) if error else _WELL


_WELL: Final = (State.SUCCESS, None)
_MEASURED: Final = ("exit_code", "signal", "user_time", "system_time", "max_rss", "read_bytes", "written_bytes")
"""As they stand in an outcome."""
_AMISS: Final = ("error", "timed_out", "over_memory", "killed", "signal", "exit_code")


def _clean(error: Mapping[str, Any]) -> dict[str, Any]:
    """The same with texts that the broker can compare: a path need not be UTF-8, and a task tells what it likes."""
    texts = {name: clean_text(each) if isinstance(each, str) else each for name, each in error.items()}
    is_sound = not _NO_TEXT.search(json.dumps(texts.get("value"), ensure_ascii=False))
    return texts if is_sound else {**texts, "value": None}


_Test: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], Any]


def _error(kind: str, message: str) -> _Test:
    return lambda end, _: {"type": kind, "message": message.format(**end)}


_ENDINGS: Final[Sequence[tuple[_Test, _Test]]] = (
    (
        lambda end, _: end.get("error"),
        lambda end, _: {"type": f"aque:{end['error']['kind']}", "message": end["error"]["message"]},
    ),
    (lambda end, _: end.get("timed_out"), _error("builtins:TimeoutError", "it ran longer than its timeout")),
    (
        lambda end, _: end.get("over_memory"),
        lambda end, _: {
            "type": "aque.core.errors:MemoryExceeded",
            "message": f"used {' of the '.join(tell_memory(end['over_memory'], end['memory']))} it asked for",
        },
    ),
    (lambda end, _: end.get("killed"), _error("aque.core.errors:TaskKilled", "killed on request")),
    (lambda _, told: "error" in told, lambda _, told: told["error"]),
    (lambda end, _: end.get("signal"), _error("aque:signal", "ended by signal {signal}")),
    (lambda end, _: end.get("exit_code"), _error("aque:exit", "exit status {exit_code}")),
)
"""How runs end badly, the first that applies; in order of how much it tells."""
