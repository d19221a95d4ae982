"""--bar and --eta: how far it is, on stderr while that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.progress import Progress


class Gauge(Protocol):
    """Is told how many commands there are, and what becomes of them; `aside` while something else is written."""

    def read(self, count: int, *, is_all: bool) -> None: ...

    def ended(self, count: int) -> None: ...

    def failed(self) -> None: ...

    def aside(self) -> AbstractContextManager[object]: ...

    def close(self) -> None: ...


class NoGauge:
    """Shows nothing."""

    def read(self, count: int, *, is_all: bool) -> None: ...

    def ended(self, count: int) -> None: ...

    def failed(self) -> None: ...

    def aside(self) -> AbstractContextManager[object]:
        return nullcontext()

    def close(self) -> None: ...


class Bar:
    """One line, drawn four times a second. While the input is read nobody knows how much there is."""

    def __init__(self, kind: str) -> None:
        self._progress = _progress(kind)
        self._task = self._progress.add_task("", total=None, failures="", count="")
        self._read = self._done = self._failed = 0
        self._is_all = False
        self._progress.start()

    def read(self, count: int, *, is_all: bool) -> None:
        self._read, self._is_all = count, is_all
        self._update()

    def ended(self, count: int) -> None:
        self._done += count
        self._update()

    def failed(self) -> None:
        self._failed += 1
        self._update()

    @contextmanager
    def aside(self) -> Iterator[None]:
        self._progress.stop()
        try:
            yield
        finally:
            self._progress.start()

    def close(self) -> None:
        self._progress.live.transient = False
        self._progress.stop()

    def _update(self) -> None:
        self._progress.update(
            self._task,
            completed=self._done,
            total=self._read if self._is_all else None,
            count=f"{self._done}/{self._read}{'' if self._is_all else '+'}",
            failures=f"{self._failed} failed" if self._failed else "",
        )


def _progress(kind: str) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns: dict[str, list[ProgressColumn]] = {
        "bar": [BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[count]}")],
        "eta": [TextColumn("{task.fields[count]}"), TextColumn("ETA")],
    }
    failures = TextColumn("[red]{task.fields[failures]}")
    return Progress(
        *columns[kind],
        TimeRemainingColumn(),
        failures,
        console=Console(stderr=True),
        refresh_per_second=4,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def gauge(kind: str) -> Gauge:
    """What --bar or --eta asks for; nothing where stderr is no terminal."""
    return Bar(kind) if kind and sys.stderr.isatty() else NoGauge()
