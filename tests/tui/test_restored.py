"""The terminal is left as it was found, however `aque top` ends: a real process in a real pseudo-terminal."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aque.core.broker import Broker
from tests.tui.scene import submit
from tests.tui.test_terminal import AQUE, Pty, env
from tests.waiting import wait_for

__all__ = ["env"]

_MODE = re.compile(r"\x1b\[\?([0-9;]+)([hl])")
_USUAL = {"25": "h", "7": "h"}  # the cursor and the wrapping of lines are on; mice, pastes, other screens are off

_MISTAKES = {
    "a command": "AqueTop.action_help = mistake",
    "the painting of a line": "VTable.render_line = later(VTable.render_line, 200)",
    "an errand": "Log.of = mistake",
    "the feeder": "feed._look = later(feed._look, 6)",
    "the start": "AqueTop.on_mount = mistake",
}
_CODE = """
import itertools
from aque.cli.main import main
from aque.tui import feed
from aque.tui.app import AqueTop
from aque.tui.log import Log
from aque.tui.widgets.vtable import VTable

def mistake(*_):
    secret = "s3cret"
    raise ZeroDivisionError("a mistake")

def later(function, calls):
    count = itertools.count()
    return lambda *args, **given: function(*args, **given) if next(count) < calls else mistake()

{}
main()
"""

Open = Callable[[list[str]], Pty]


@pytest.fixture
def opened(broker: Broker, env: dict[str, str], tmp_path: Path) -> Iterator[Open]:
    """Opens a terminal with a command in it, which shows a task."""
    submit(broker, "true", name="seen", hold=True)
    terminals: list[Pty] = []

    def start(argv: list[str]) -> Pty:
        terminals.append(Pty(tmp_path, argv, env))
        return terminals[-1]

    yield start
    for each in terminals:
        each.close()


def altered(shown: str) -> dict[str, str]:
    """The modes of a terminal that are not as usual after all that was written to it."""
    found = {number: to for numbers, to in _MODE.findall(shown) for number in numbers.split(";")}
    keyboards = len(re.findall(r"\x1b\[>[0-9]+u", shown)) - shown.count("\x1b[<u")
    return {number: to for number, to in found.items() if to != _USUAL.get(number, "l")} | (
        {"keyboard": "h"} if keyboards else {}
    )


def is_on_screen(terminal: Pty) -> bool:
    return "seen" in terminal.shown() and {"1049", "25", "1000"} <= altered(terminal.shown()).keys()


def assert_restored(terminal: Pty) -> None:
    wait_for(lambda: not altered(terminal.shown()), 20, f"left: {altered(terminal.shown())}")
    assert terminal.settings() == terminal.before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_after_a_signal(number: signal.Signals, opened: Open) -> None:
    """Else the shell that comes back has no echo, no cursor, and a mouse that types."""
    terminal = opened([*AQUE, "top"])
    wait_for(lambda: is_on_screen(terminal), 30)
    assert terminal.settings() != terminal.before
    terminal.process.send_signal(number)
    assert terminal.process.wait(30) == 128 + number
    assert_restored(terminal)


def test_after_the_user_has_left(opened: Open) -> None:
    terminal = opened([*AQUE, "top"])
    wait_for(lambda: is_on_screen(terminal), 30)
    terminal.press("q")
    assert terminal.process.wait(30) == 0
    assert_restored(terminal)


@pytest.mark.parametrize("mistake", _MISTAKES)
def test_after_a_mistake_of_the_program(mistake: str, opened: Open) -> None:
    """It ends, wherever the mistake is, and tells it where the shell goes on; no values, which may be secret."""
    terminal = opened([sys.executable, "-c", _CODE.format(_MISTAKES[mistake]), "top"])
    if mistake in ("a command", "an errand"):
        wait_for(lambda: is_on_screen(terminal), 30)
        terminal.press("?" if mistake == "a command" else "o")
    if mistake == "the painting of a line":
        wait_for(lambda: is_on_screen(terminal), 30)
        wait_for(lambda: terminal.press("j") or terminal.process.poll() is not None, 30)
    assert terminal.process.wait(30) == 1
    assert_restored(terminal)
    _, _, told = terminal.shown().rpartition("\x1b[?1049l")
    assert "ZeroDivisionError: a mistake" in told
    assert told.count("Traceback (most recent call last)") == 1
    assert "s3cret" not in told.replace('secret = "s3cret"', "")
