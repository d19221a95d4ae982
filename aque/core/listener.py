"""The one connection of a process that listens, and the callbacks that are bound to what it hears.

Topics are `task_status`, `task_status.<state>`, `task_status.<id>`, and `work`. Callbacks run on the listener's thread.
"""

from __future__ import annotations

import logging
import os
import select
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import psycopg

from .db.source import Connection, Source
from .db.watchdog import limited
from .errors import AqueError
from .queries.submission import read_payload
from .states import State

_log: Final = logging.getLogger("aque.listener")
_CHANNELS: Final = {"task_status": "aque_task", "work": "aque_work"}
_POLL: Final = 10.0  # seconds; the net under notifications that a lost connection swallowed
_PROBE: Final = 5.0  # seconds for the server to answer
_LONGEST_PAUSE: Final = 1.0  # seconds between two tries to connect


@dataclass(frozen=True, slots=True)
class Event:
    """What was heard: tasks (as ranges of ids) and their state; a `work` event has none.

    `resync`: some may have been missed, so whoever waits should look for itself.
    """

    topic: str
    state: State | None = None
    ids: tuple[range, ...] = ()
    payload: str = ""
    resync: bool = False


Callback: TypeAlias = Callable[[Event], object]


class Listener:
    """Listens on a thread of its own from the first `bind` until `close`, through any loss of the connection."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._bound: dict[str, list[Callback]] = {}
        self._thread: threading.Thread | None = None
        self._listening = threading.Event()
        self._closed = False
        self._alarm_out, self._alarm_in = os.pipe()

    def bind(self, topic: str, callback: Callback) -> None:
        """Call `callback(event)` for what happens under a topic, as soon as this process listens."""
        with self._lock:
            self._bound.setdefault(topic, []).append(callback)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="aque-listener", daemon=True)
                self._thread.start()

    def unbind(self, topic: str, callback: Callback) -> None:
        """Undo one `bind`; unknown pairs are ignored."""
        with self._lock:
            if callback in (callbacks := self._bound.get(topic, [])):
                callbacks.remove(callback)
            if not callbacks:
                self._bound.pop(topic, None)

    def wait(self, timeout: float) -> bool:
        """Wait until this process listens; False where it does not within `timeout` seconds."""
        return self._listening.wait(timeout)

    def close(self) -> None:
        """Stop listening."""
        self._closed = True
        os.write(self._alarm_in, b"x")
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(5)

    def _run(self) -> None:
        pause = 0.05
        while not self._closed:
            try:
                with self._source.connect() as conn:
                    self._listen(conn)
                pause = 0.05
            except (AqueError, psycopg.Error, OSError) as error:
                self._listening.clear()
                _log.info("listening again in %.1f s: %s", pause, error)
                select.select([self._alarm_out], [], [], pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    def _listen(self, conn: Connection) -> None:
        for channel in _CHANNELS.values():
            conn.execute(psycopg.sql.SQL("listen {}").format(psycopg.sql.Identifier(channel)))
        self._listening.set()
        for topic in _CHANNELS:
            self._emit(Event(topic, resync=True))
        while not self._closed:
            ready, _, _ = select.select([conn.fileno(), self._alarm_out], [], [], _POLL)
            if not ready:
                with limited(conn, _PROBE):
                    conn.execute("select 1")
                self._emit(Event("task_status", resync=True))
            for notice in conn.notifies(timeout=0):
                self._emit(_read(notice.channel, notice.payload))

    def _emit(self, event: Event) -> None:
        for callback in list(self._callbacks(event)):
            try:
                callback(event)
            except Exception:
                _log.exception("a callback bound to %s failed", event.topic)

    def _callbacks(self, event: Event) -> Iterator[Callback]:
        with self._lock:
            yield from self._bound.get(event.topic, ())
            if event.state:
                yield from self._bound.get(f"{event.topic}.{event.state}", ())
            for topic, callbacks in self._bound.items():
                name, _, number = topic.partition(".")
                if name == event.topic and number.isdecimal() and any(int(number) in span for span in event.ids):
                    yield from callbacks


def _read(channel: str, payload: str) -> Event:
    if channel == _CHANNELS["work"]:
        return Event("work", payload=payload)
    state, spans = read_payload(payload)
    return Event("task_status", state, tuple(spans))
