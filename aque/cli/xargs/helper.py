"""A worker of one's own, for as long as there is none else on an embedded broker."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import timedelta
from typing import Final

from ...core import config
from ...core.broker import Broker
from ...core.queries.tasks import WorkerRow
from .settings import Options
from .terminal import say

_GOODBYE: Final = 10.0  # seconds for a worker that cannot reach its broker
_SILENCE: Final = timedelta(seconds=5)  # a worker tells every second that it lives


class Helper:
    """Sees to it that someone runs the tasks of a queue."""

    def __init__(self, broker: Broker, options: Options) -> None:
        self._broker = broker
        self._queue = options.fields.get("queue", "default")
        self._is_talkative = options.is_talkative
        self._has_hook = "on_done" in options.fields
        self._thread: threading.Thread | None = None

    def attend(self) -> None:
        """Start a worker in this process if no other serves the queue. On a shared broker that is others' affair."""
        if not config.is_embedded(self._broker.to_url()) or (self._thread and self._thread.is_alive()):
            return
        if not any(self._serves(row) for row in self._broker.workers()):
            self._start()

    def close(self, *, at_once: bool = False) -> None:
        """Let one's own worker end with what it runs; `at_once`: what it runs is killed."""
        if self._thread:
            if self._has_hook and not at_once:
                self.hand_over()
            (self._worker.stop if at_once else self._worker.drain)()
            self._thread.join(_GOODBYE if at_once else None)

    def hand_over(self) -> None:
        """Let a worker of its own go on with what is queued, after this process has ended."""
        if self._thread:
            say("a worker in the background goes on; first ends what runs here")
            subprocess.Popen(
                [sys.executable, "-m", "aque", "worker", "-2"],
                env={**os.environ, "AQUE_BROKER": self._broker.to_url()},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    def _serves(self, row: WorkerRow) -> bool:
        is_heard = self._broker.now() - row.last_active < _SILENCE
        return is_heard and not row.draining and (row.queues is None or self._queue in row.queues)

    def _start(self) -> None:
        from ...core.worker import Worker

        if self._is_talkative:
            say(f"no worker serves the queue {self._queue}: this process brings its own")
        self._worker = Worker(self._broker)
        self._thread = threading.Thread(target=self._worker.run, name="aque-xargs-worker", daemon=True)
        self._thread.start()
