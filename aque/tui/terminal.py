"""The terminal that the screen is on, which may vanish without a word."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Any, cast

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from ..core import hangup


class Terminal(LinuxDriver):
    """Textual's own, but where the terminal vanishes the app ends.

    The signal for that reaches only those whose controlling terminal it was. Textual reads the end of its input for
    ever then, as fast as it can; and once something could not be written, a few more pieces make it wait for ever.
    """

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        assert self._file  # or there would be no terminal
        self._ends = self.fileno, self._file.fileno()
        self._file = cast(TextIOWrapper, _Heedless(self._file))
        threading.Thread(target=self._watch, name="aque-terminal", daemon=True).start()

    def run_input_thread(self) -> None:
        """Read keys; what cannot be read any more is gone."""
        try:
            super().run_input_thread()
        except OSError:
            self._end()

    def _watch(self) -> None:
        if hangup.has_come(*self._ends, timeout=None):
            with Path(os.devnull).open("wb") as null:
                os.dup2(null.fileno(), self._ends[1])  # for what is still to be written
            self._end()

    def _end(self) -> None:
        with suppress(RuntimeError):  # it has ended
            self._loop.call_soon_threadsafe(self._app.exit, None, hangup.STATUS)


class _Heedless:
    """A file that takes all that is written, also where nobody can read it any more."""

    def __init__(self, file: TextIOWrapper) -> None:
        self._file = file

    def fileno(self) -> int:
        return self._file.fileno()

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._file.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()
