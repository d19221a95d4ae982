"""A part of the terminal that is drawn again in place, whenever tasks change, and once in a while for the clock."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from ..core import hangup
from ..core.broker import Broker
from ..core.errors import UsageError
from ..core.listener import Event

_CLOCK: Final = 2.0  # seconds between two frames where nothing changes
_REST: Final = 0.2  # seconds between two frames at least


def redraw(broker: Broker, frame: Callable[[int, int], str], is_coloured: bool) -> int:
    """Show `frame(width, height)` until it is interrupted. Raises UsageError where stdout is no terminal.

    One that has vanished without a signal is none any more: that is as if the signal had come.
    """
    if not sys.stdout.isatty():
        raise UsageError("--watch draws on a terminal; --json and --csv suit files and pipes")
    console = Console(no_color=not is_coloured, highlight=False, emoji=False, markup=False)
    changed = threading.Event()

    def heard(_: Event) -> None:
        changed.set()

    broker.bind("task_status", heard)
    try:
        with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
            while not hangup.has_come(sys.stdout.fileno()):
                live.update(_text(frame(*console.size)), refresh=True)
                threading.Event().wait(_REST)
                changed.wait(_CLOCK)
                changed.clear()
    finally:
        broker.unbind("task_status", heard)
    return hangup.STATUS


def _text(ansi: str) -> Text:
    text = Text.from_ansi(ansi, no_wrap=True, overflow="crop")
    text.end = ""
    return text
