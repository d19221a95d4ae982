"""A terminal that vanishes, with no signal to say so: its processes have another controlling terminal, or none."""

from __future__ import annotations

import os
import pty
import subprocess
import termios
from collections.abc import Iterator
from contextlib import suppress

import pytest

from aque.core.broker import Broker
from aque.core.queue import Queue
from tests.waiting import wait_for

from .conftest import argv

GONE = 129
"""As if SIGHUP had come."""


class Terminal:
    """The end that a terminal emulator holds, and a command at the other."""

    def __init__(self, words: list[str], env: dict[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        os.set_blocking(self._ours, False)
        termios.tcsetwinsize(theirs, (30, 110))
        self.process = subprocess.Popen(
            argv(*words), env=env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        self._seen = b""

    def has(self, text: bytes) -> bool:
        with suppress(BlockingIOError):
            self._seen += os.read(self._ours, 65536)
        return text in self._seen

    def vanish(self) -> None:
        os.close(self._ours)

    def end(self) -> None:
        self.process.kill()
        self.process.wait(10)


@pytest.fixture
def env(environ: dict[str, str]) -> dict[str, str]:
    return {**environ, "TERM": "xterm-256color"}


@pytest.fixture(params=[["top"], ["status", "--watch"]], ids=" ".join)
def shown(request: pytest.FixtureRequest, env: dict[str, str], broker: Broker) -> Iterator[Terminal]:
    """A command that shows a task for as long as there is a terminal."""
    Queue(broker=broker).submit_many([{"pattern": "shell", "args": ["true"], "name": "held", "hold": True}])
    terminal = Terminal(request.param, env)
    wait_for(lambda: terminal.has(b"held"), 30)
    yield terminal
    terminal.end()


def sessions(broker: Broker) -> int:
    """How many the server has of other processes."""
    query = "select count(*) from pg_stat_activity where backend_type = 'client backend' and application_name = %s"
    with broker.database.connection() as conn:
        row = conn.execute(query, ["aque"]).fetchone()
    assert row
    return int(row[0])


def test_what_only_shows_ends_with_its_terminal(shown: Terminal, broker: Broker) -> None:
    """Else it would go on for ever, unseen; the screen as fast as it can, for it reads the end of its input."""
    before = sessions(broker)
    shown.vanish()
    assert shown.process.wait(10) == GONE
    wait_for(lambda: sessions(broker) < before, 10, "its sessions are left behind")
