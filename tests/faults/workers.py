"""Workers as processes of their own, and what they leave."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from aque.core.broker import Broker

Start = Callable[..., "subprocess.Popen[bytes]"]


@contextmanager
def starting(broker: Broker) -> Iterator[Start]:
    """Starts workers of a broker; none outlives the block."""
    started: list[subprocess.Popen[bytes]] = []

    def run(
        *arguments: str, url: str | None = None, before: Sequence[str] = (), **more: object
    ) -> subprocess.Popen[bytes]:
        worker = ["worker", "-c", "2", "--broker", url or broker.to_url(), *arguments]
        command = [*before, sys.executable, "-m", "aque", *worker]
        environ = {**os.environ, "AQUE_LOG": "ERROR"}
        started.append(subprocess.Popen(command, **{"env": environ, **more}))  # type: ignore[call-overload]
        return started[-1]

    try:
        yield run
    finally:
        for each in started:
            each.send_signal(signal.SIGCONT)
            each.kill()
            each.wait()
