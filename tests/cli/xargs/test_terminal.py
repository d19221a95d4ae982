"""What is asked of people at a terminal, and what becomes of their answers."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from aque.core.broker import Broker
from tests.waiting import wait_for

from .running import script

pytestmark = pytest.mark.usefixtures("worker")


_TAKES_THE_TERMINAL = """
import fcntl, termios
fcntl.ioctl(1, termios.TIOCSCTTY)
from aque.cli.main import xargs
xargs()
"""


class Terminal:
    """A terminal on which ours is the one program; its stdin is not the terminal."""

    def __init__(self, url: str) -> None:
        self._environ = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "AQUE_BROKER": url}
        self._ours, self._theirs = pty.openpty()
        os.set_blocking(self._ours, False)
        self.shown = b""

    def start(self, *words: str, content: bytes) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", _TAKES_THE_TERMINAL, *words],
            env=self._environ,
            stdin=subprocess.PIPE,
            stdout=self._theirs,
            stderr=self._theirs,
            start_new_session=True,
        )
        assert process.stdin
        process.stdin.write(content)
        process.stdin.close()
        return process

    def answer(self, question: str, keys: bytes) -> None:
        wait_for(lambda: re.search(question.encode(), self._read()), 30, f"{question!r} was not asked: {self.shown!r}")
        self.shown = b""
        os.write(self._ours, keys)

    def _read(self) -> bytes:
        with suppress(BlockingIOError):
            self.shown += os.read(self._ours, 4096)
        return self.shown

    def close(self) -> None:
        os.close(self._ours)
        os.close(self._theirs)


@pytest.fixture
def terminal(broker: Broker) -> Iterator[Terminal]:
    made = Terminal(broker.to_url())
    yield made
    made.close()


def test_p_asks_before_each_command(terminal: Terminal, tmp_path: Path) -> None:
    process = terminal.start("-p", "-n1", *script(f'touch {tmp_path}/"$0"'), content=b"1\n2\n3\n")
    for number, key in ((1, b"y\n"), (2, b"n\n"), (3, b"Yes\n")):
        terminal.answer(rf" {number}\?\.\.\.", key)
    assert process.wait(60) == 0
    assert sorted(each.name for each in tmp_path.iterdir()) == ["1", "3"]


def test_o_gives_the_commands_the_terminal(terminal: Terminal, tmp_path: Path) -> None:
    process = terminal.start("-o", *script(f'echo ready; read line; echo "$line" > {tmp_path}/got'), content=b"1\n")
    terminal.answer("ready", b"typed\n")
    assert process.wait(60) == 0
    assert (tmp_path / "got").read_text() == "typed\n"


@pytest.mark.parametrize(
    ("key", "state"), [(b"l\n", "success"), (b"k\n", "killed"), (b"\n", "killed"), (b"\x03", "killed")]
)
def test_ctrl_c_asks_what_becomes_of_the_rest(
    terminal: Terminal, broker: Broker, tmp_path: Path, key: bytes, state: str
) -> None:
    wait = f"echo begun; until [ -e {tmp_path}/mark ]; do sleep 0.01; done"
    process = terminal.start("-P1", "-n1", *script(wait), content=b"1\n2\n")
    terminal.answer("begun", b"\x03")
    terminal.answer("2 commands are not done.*", key)
    assert process.wait(60) == 130
    (tmp_path / "mark").touch()
    rows = [row for row in broker.tasks() if row.pattern == "shell"]
    if state == "success":
        wait_for(lambda: [row.state for row in broker.tasks() if row.pattern == "shell"] == ["success"] * 2, 30)
    else:
        assert sorted(row.state for row in rows) == ["cancelled", state], "what has not begun is not left behind"


def test_a_bar_makes_way_for_output_and_messages(terminal: Terminal) -> None:
    """Each line of output begins at the left, on a line that was cleared."""
    line = 'sleep 0.2; echo "out $0"; exit "$0"'
    process = terminal.start("--bar", "-P1", "--timeout", "60", "-n1", *script(line), content=b"0\n1\n")
    terminal.answer(r"\x1b\[2Kout 0\r\n(.|\n)*\x1b\[2Kout 1\r\n(.|\n)*100%(.|\n)*2/2(.|\n)*1 failed", b"")
    assert process.wait(60) == 123
