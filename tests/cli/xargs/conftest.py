"""Runs of `aque xargs` as real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from aque.core.broker import Broker

from .running import Start

_AQUE = [sys.executable, "-c", "from aque.cli.main import xargs; xargs()"]


@pytest.fixture
def start(broker: Broker) -> Iterator[Start]:
    """Starts ours with these words, all its streams pipes; it is killed at the end of the test if it still runs."""
    begun: list[subprocess.Popen[bytes]] = []

    def begin(*words: str | bytes, **options: object) -> subprocess.Popen[bytes]:
        environ = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "AQUE_BROKER": broker.to_url()}
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        begun.append(subprocess.Popen([*_AQUE, *words], env=environ, **streams))  # type: ignore[call-overload]
        return begun[-1]

    yield begin
    for process in begun:
        process.kill()
        with process:  # its streams are closed
            pass
