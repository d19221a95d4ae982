"""Commands as people call them: real processes, their streams and exit statuses."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import IO

import pytest

from aque.core.broker import Broker

Aque = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., "subprocess.Popen[str]"]
_MAIN = "import signal; signal.signal(2, signal.default_int_handler); from aque.cli.main import {0}; {0}()"


def argv(*args: str, main: str = "main") -> list[str]:
    """How a command is started; Ctrl-C works in it even where these tests run in the background."""
    return [sys.executable, "-c", _MAIN.format(main), *args]


@pytest.fixture
def environ(broker: Broker) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "AQUE_BROKER": broker.to_url(), "LANG": "C.UTF-8"}


@pytest.fixture
def aque(environ: dict[str, str]) -> Aque:
    def run(
        *args: str, stdin: str = "", url: str | None = None, main: str = "main"
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv(*args, main=main),
            env={**environ, "AQUE_BROKER": url or environ["AQUE_BROKER"]},
            capture_output=True,
            input=stdin,
            text=True,
            timeout=60,
        )

    return run


@pytest.fixture
def start(environ: dict[str, str]) -> Iterator[Start]:
    """A command that goes on while the test looks at it; it is gone at the end."""
    started: list[subprocess.Popen[str]] = []

    def run(*args: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            argv(*args),
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        with suppress(ProcessLookupError):
            process.kill()
        process.communicate()


def line(stream: IO[str] | None) -> str:
    """The next line of a pipe; the test's own time limit ends the wait."""
    assert stream
    return stream.readline()


def interrupt(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Status and streams of a process after Ctrl-C."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err
