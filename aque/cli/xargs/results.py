"""--results: the output of each command in files, in folders named after its arguments, as GNU parallel has them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ...core.queries.batches import Place
from .job import Job
from .steady import Steady

_ESCAPES: Final = {"\\": "\\\\", "\t": "\\t", "/": "\\_"}
_ODD: Final = {"": "\\0", ".": "\\.", "..": "\\.."}  # no folder of its own is called so
_STREAMS: Final = {1: "stdout", 2: "stderr"}
_LONGEST: Final = 255  # bytes in a name


class Results:
    """`<folder>/1/<first argument>/2/<second>/stdout`, and `stderr` and `seq` beside it."""

    def __init__(self, folder: str, broker: Steady) -> None:
        self._folder = Path(folder)
        self._broker = broker

    def write(self, task: int, job: Job) -> None:
        """Write what a task has said. Raises OSError."""
        place = self._folder.joinpath(*_path(job))
        place.mkdir(parents=True, exist_ok=True)
        (place / "seq").write_text(str(job.seq))
        files = {stream: (place / name).open("wb") for stream, name in _STREAMS.items()}
        try:
            after = Place()
            while pieces := self._broker.outputs([task], after):
                for piece in pieces:
                    files[piece.stream].write(piece.data)
                after = pieces[-1].place
        finally:
            for each in files.values():
                each.close()


def _path(job: Job) -> Sequence[str]:
    return [part for place, value in enumerate(job.arguments, 1) for part in (str(place), *_names(value))]


def _names(value: bytes) -> list[str]:
    text = value.decode(errors="surrogateescape")
    name = _ODD.get(text) or "".join(_ESCAPES.get(char, char) for char in text)
    encoded = name.encode(errors="surrogateescape")
    parts = [encoded[start : start + _LONGEST] for start in range(0, len(encoded), _LONGEST)]
    return [part.decode(errors="surrogateescape") for part in parts]
