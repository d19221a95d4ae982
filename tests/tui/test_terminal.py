"""`aque top` as people have it: a process in a terminal, beside a worker that is one too."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

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

    KEYS = {"Right": "\x1b[C", "Enter": "\r"}

    def __init__(self, folder: Path, argv: list[str], env: dict[str, str]) -> None:
        del folder
        self._seen: list[bytes] = []
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.execvpe(argv[0], argv, {**env, "COLUMNS": "110", "LINES": "30"})
        self._thread = threading.Thread(target=_drain, args=(self._fd, self._seen.append), daemon=True)
        self._thread.start()

    def shown(self) -> str:
        return b"".join(self._seen).decode(errors="replace")

    def press(self, *keys: str) -> None:
        os.write(self._fd, "".join(self.KEYS.get(key, key) for key in keys).encode())

    def close(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        self._thread.join(10)
        os.close(self._fd)


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
    yield
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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_as_it_was(number: signal.Signals, env: dict[str, str]) -> None:
    """Else the shell that comes back has no echo, no cursor, and a mouse that types."""
    master, slave = pty.openpty()
    seen: list[bytes] = []
    process = subprocess.Popen([*AQUE, "top"], env=env, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    reader = threading.Thread(target=_drain, args=(master, seen.append))
    reader.start()
    wait_for(lambda: b"no tasks yet" in b"".join(seen), 30)
    process.send_signal(number)
    assert process.wait(30) == 128 + number
    reader.join(10)
    os.close(master)
    for undone in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l"):
        assert undone in b"".join(seen)


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


def _drain(descriptor: int, keep: Callable[[bytes], object]) -> None:
    try:
        while piece := os.read(descriptor, 65536):
            keep(piece)
    except OSError:  # Linux says so where the other end is gone
        pass
