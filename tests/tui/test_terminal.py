"""`aque top` as people have it: a process in a terminal, beside a worker that is one too."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import pytest

from aque.core.broker import Broker
from tests.tui.scene import submit
from tests.waiting import wait_for

AQUE = [sys.executable, "-c", "from aque.cli.main import main; main()"]


class Terminal(Protocol):
    def shown(self) -> str: ...

    def press(self, *keys: str) -> None: ...


class Tmux:
    """A terminal of tmux's, on a server of its own."""

    def __init__(self, folder: Path, argv: list[str], env: dict[str, str]) -> None:
        self._socket = str(folder / "tmux")
        self._env = env
        self._call("new-session", "-d", "-x", "110", "-y", "30", *argv)

    def shown(self) -> str:
        return self._call("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        self._call("send-keys", *keys)

    def close(self) -> None:
        self._call("kill-server")

    def _call(self, *args: str) -> str:
        command = ["tmux", "-S", self._socket, "-f", "/dev/null", *args]
        return subprocess.run(command, env=self._env, capture_output=True, text=True, timeout=20).stdout


class Pty:
    """A pseudo-terminal: what it shows is all that was ever written to it."""

    KEYS = {"Right": "\x1b[C", "Enter": "\r", "Space": " "}

    def __init__(self, _: Path, argv: list[str], env: dict[str, str]) -> None:
        self._seen: list[bytes] = []
        self._master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (30, 110))
        self.before = self.settings()
        self.process = subprocess.Popen(argv, env=env, stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def shown(self) -> str:
        return b"".join(self._seen).decode(errors="replace")

    def press(self, *keys: str) -> None:
        os.write(self._master, "".join(self.KEYS.get(key, key) for key in keys).encode())

    def settings(self) -> list[Any]:
        """Echo, line by line, and the like."""
        return termios.tcgetattr(self._master)

    def close(self) -> None:
        self.process.kill()
        self.process.wait(10)
        self._reader.join(10)
        os.close(self._master)

    def _read(self) -> None:
        with suppress(OSError):  # Linux raises it where the other end is gone
            while piece := os.read(self._master, 65536):
                self._seen.append(piece)


@pytest.fixture
def env(broker: Broker) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "AQUE_BROKER": broker.to_url(),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }


@pytest.fixture
def terminal(tmp_path: Path, env: dict[str, str]) -> Iterator[Terminal]:
    kind = Tmux if shutil.which("tmux") else Pty
    opened = kind(tmp_path, [*AQUE, "top"], env)
    yield opened
    opened.close()


@contextmanager
def worker(env: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen([*AQUE, "worker", "-c", "2"], env=env, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def test_a_task_is_seen_and_killed_from_the_screen(terminal: Terminal, broker: Broker, env: dict[str, str]) -> None:
    """All of it for real: the command, the terminal, the broker, the worker, the signal."""
    with worker(env):
        (task,) = submit(broker, "sleep 600", name="long-one")
        wait_for(lambda: "long-one" in terminal.shown() and "running" in terminal.shown(), 30)
        wait_for(lambda: broker.tasks([task])[0].state == "running", 30)
        terminal.press("x")
        wait_for(lambda: f"Stop task {task}?" in terminal.shown(), 20)
        wait_for(lambda: "Kill at once" in terminal.shown(), 20)
        terminal.press("Right", "Enter")
        wait_for(lambda: broker.tasks([task])[0].state == "killed", 20)
        wait_for(lambda: "killed" in terminal.shown(), 20)
    (ending,) = broker.outcomes([task])
    assert ending.signal == signal.SIGTERM


def test_marked_tasks_of_a_filter_are_steered_from_the_screen(
    terminal: Terminal, broker: Broker, env: dict[str, str]
) -> None:
    """Filter, mark, reprioritise, kill: what is confirmed reaches the database, and is seen to have."""
    with worker(env):
        others = submit(broker, "sleep 600", name="theirs", hold=True)
        mine = submit(broker, "sleep 600", "sleep 601", name="mine", hold=True)
        wait_for(lambda: "theirs" in terminal.shown() and "mine" in terminal.shown(), 30)
        terminal.press("/", "name:mine", "Enter")
        wait_for(lambda: "2 match" in terminal.shown(), 20)
        terminal.press("Space", "Space")
        wait_for(lambda: "marked: 2" in terminal.shown(), 20)
        terminal.press("]")
        wait_for(lambda: "Set priority +1 for 2 tasks?" in terminal.shown(), 20)
        terminal.press("Right", "Enter")
        wait_for(lambda: [each.priority for each in broker.tasks(mine)] == [1001, 1001], 20)
        terminal.press("=", "5", "Enter")
        wait_for(lambda: "Set priority 5 for 2 tasks?" in terminal.shown(), 20)
        terminal.press("Right", "Enter")
        wait_for(lambda: [each.priority for each in broker.tasks(mine)] == [5, 5], 20)
        wait_for(lambda: "got priority 5" in terminal.shown(), 20)
        terminal.press("x")
        wait_for(lambda: "Stop 2 tasks?" in terminal.shown(), 20)
        terminal.press("Right", "Enter")
        wait_for(lambda: [each.state for each in broker.tasks(mine)] == ["cancelled", "cancelled"], 20)
        wait_for(lambda: "cancelled" in terminal.shown(), 20)
    assert [(each.priority, each.state) for each in broker.tasks(others)] == [(1000, "paused")]


def test_without_a_terminal_it_is_told_in_a_line(env: dict[str, str]) -> None:
    done = subprocess.run([*AQUE, "top"], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("aque: aque top needs a terminal")


def test_once_prints_a_frame(broker: Broker, env: dict[str, str]) -> None:
    """For a log, a mail, a script: text alone."""
    submit(broker, "true", name="one-of-many")
    done = subprocess.run([*AQUE, "top", "--once"], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "one-of-many" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_broker_that_is_not_there_is_exit_status_3(env: dict[str, str]) -> None:
    env = {**env, "AQUE_BROKER": "postgresql://127.0.0.1:1/none"}
    done = subprocess.run([*AQUE, "top", "--once"], env=env, capture_output=True, text=True, timeout=60)
    assert (done.returncode, len(done.stderr.splitlines())) == (3, 1)
