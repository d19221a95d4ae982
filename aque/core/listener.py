"""The one connection of a process that listens, and the callbacks that are bound to what it hears.

Topics are `task_status`, `task_status.<state>`, `task_status.<id>`, `task_run`, `output.<id>` and `work`. Under
`task_run` is told what `task_status` tells of tasks that run or have ended: who waits for these is not woken for each
submission of others. Callbacks run on the listener's thread. Output is looked for, five times a second, and only while
somebody has bound to it: a notification for each piece would hold up the commits of everybody. Behind a pooler nothing
is heard: those who wait are told twice a second to look for themselves, or as seldom as that is dear.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import psycopg

from .alarm import Alarm, wait_ready
from .db.pooler import has_session
from .db.source import Connection, Source
from .db.watchdog import limited
from .queries import output
from .queries.output import Place
from .queries.submission import read_payload
from .states import ACTIVE_STATES, COMPLETE_STATES, State

_log: Final = logging.getLogger("aque.listener")
_CHANNELS: Final = {"task_status": {"aque_task", "aque_new"}, "task_run": {"aque_task"}, "work": {"aque_work"}}
_LOCKS: Final = {"aque_new": 1634825587}  # held by who listens; where nobody does, nothing is sent
_RUN: Final = ACTIVE_STATES | COMPLETE_STATES
_POLL: Final = 10.0  # seconds; the net under notifications that were never sent, or whose callback failed
_POOLED: Final = 0.5  # seconds; the same behind a pooler, which lets no notification through
_SHARE: Final = 0.05  # of the time that callbacks may be busy with what polls have them do
_LOOK: Final = 0.2  # seconds between two looks for new output
_PROBE: Final = 5.0  # seconds for the server to answer
_SHORTEST_PAUSE: Final = 0.05  # seconds between two tries to connect, at first
_LONGEST_PAUSE: Final = 1.0  # seconds, later


@dataclass(frozen=True, slots=True)
class Event:
    """What was heard: tasks (as ranges of ids) and their state, or that they wrote; a `work` event has none.

    `resync`: some may have been missed, so whoever waits should look for itself.
    """

    topic: str
    state: State | None = None
    ids: tuple[range, ...] = ()
    payload: str = ""
    resync: bool = False

    def is_for(self, worker: int) -> bool:
        """Whether what is told of `work` concerns a worker: it is for all, or for that one."""
        return self.payload in ("", str(worker))


Callback: TypeAlias = Callable[[Event], object]


class Listener:
    """Listens on a thread of its own from the first `bind` until `close`, through any loss of the connection."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._bound: dict[str, list[Callback]] = {}
        self._heard: set[str] = set()  # the channels that the connection listens to
        self._thread: threading.Thread | None = None
        self._listening = threading.Event()
        self._closing = threading.Event()
        self._alarm = Alarm()

    def bind(self, topic: str, callback: Callback) -> None:
        """Call `callback(event)` for what happens under a topic, as soon as this process listens."""
        with self._lock:
            self._bound.setdefault(topic, []).append(callback)
            if self._unheard():
                self._listening.clear()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="aque-listener", daemon=True)
                self._thread.start()
        self._alarm.ring()  # it may be something that has to be looked for

    def unbind(self, topic: str, callback: Callback) -> None:
        """Undo one `bind`; unknown pairs are ignored."""
        with self._lock:
            if callback in (callbacks := self._bound.get(topic, [])):
                callbacks.remove(callback)
            if not callbacks:
                self._bound.pop(topic, None)

    def has(self, topic: str, callback: Callback) -> bool:
        """Whether a callback is bound to a topic."""
        with self._lock:
            return callback in self._bound.get(topic, ())

    def wait(self, timeout: float) -> bool:
        """Wait until this process listens to all that is bound; False where it does not within `timeout` seconds."""
        return self._listening.wait(timeout)

    def close(self) -> None:
        """Stop listening."""
        self._closing.set()
        self._alarm.ring()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(5)

    def _run(self) -> None:
        pause = _SHORTEST_PAUSE
        while not self._closing.is_set():
            try:
                with self._source.connect() as conn:
                    self._listen(conn)
            except Exception as error:  # whatever it is: all who wait in this process rely on this thread
                pause = _SHORTEST_PAUSE if self._listening.is_set() else min(pause * 2, _LONGEST_PAUSE)
                with self._lock:
                    self._heard.clear()
                    self._listening.clear()
                _log.info("listening again in %.1f s: %s", pause, error)
                self._closing.wait(pause)

    def _listen(self, conn: Connection) -> None:
        told: list[psycopg.Notify] = []
        conn.add_notify_handler(told.append)  # of what comes with the answers to statements
        self._tune(conn)
        seen: dict[int, Place] = {}
        resync_at = time.monotonic() + _pause(conn, 0.0)
        while not self._closing.is_set():
            written = self._written()
            timeout = _LOOK if written else max(0.0, resync_at - time.monotonic())
            if self._alarm.fileno() in wait_ready([conn.fileno(), self._alarm.fileno()], timeout):
                self._alarm.hush()
                self._tune(conn)
            if written:
                with limited(conn, _PROBE):
                    seen = self._look(conn, written, seen)
            told += take_in(conn)
            for event in filter(None, map(read_notice, told)):
                self._emit(event)
            told.clear()
            if (began := time.monotonic()) >= resync_at:
                self._resync(conn)
                resync_at = time.monotonic() + _pause(conn, time.monotonic() - began)

    def _unheard(self) -> set[str]:
        """The channels of what somebody has bound to, which the connection does not listen to yet."""
        return set().union(*(_CHANNELS.get(topic.partition(".")[0], ()) for topic in self._bound)) - self._heard

    def _tune(self, conn: Connection) -> None:
        """Listen to what is bound, and to nothing else: each notification wakes who listens, on a busy machine too."""
        with self._lock:
            new = self._unheard()
        for channel in sorted(new) if has_session(conn) else ():
            with limited(conn, _PROBE):
                _listen(conn, channel)
        with self._lock:
            self._heard |= new
        for topic in [each for each, channels in _CHANNELS.items() if channels & new]:
            self._emit(Event(topic, resync=True))
        with self._lock:
            if not self._unheard():
                self._listening.set()

    def _resync(self, conn: Connection) -> None:
        with limited(conn, _PROBE):
            conn.execute("select 1")
        for topic in ("task_status", "task_run") if has_session(conn) else _CHANNELS:
            self._emit(Event(topic, resync=True))

    def _written(self) -> list[int]:
        """The tasks to whose output somebody has bound."""
        with self._lock:
            topics = [topic.partition(".") for topic in self._bound]
        return [int(number) for name, _, number in topics if name == "output" and number.isdecimal()]

    def _look(self, conn: Connection, ids: list[int], seen: dict[int, Place]) -> dict[int, Place]:
        found = output.heads(conn, ids)
        news = tuple(range(task, task + 1) for task, place in found.items() if seen.get(task) != place)
        if news:
            self._emit(Event("output", ids=news))
        return found

    def _emit(self, event: Event) -> None:
        for callback in list(self._callbacks(event)):
            try:
                callback(event)
            except Exception:
                _log.exception("a callback bound to %s failed", event.topic)

    def _callbacks(self, event: Event) -> Iterator[Callback]:
        with self._lock:
            yield from self._bound.get(event.topic, ())
            if event.state in _RUN:
                yield from self._bound.get("task_run", ())
            if event.state:
                yield from self._bound.get(f"{event.topic}.{event.state}", ())
            for topic, callbacks in self._bound.items():
                name, _, number = topic.partition(".")
                if name == event.topic and number.isdecimal() and any(int(number) in span for span in event.ids):
                    yield from callbacks


def listen(conn: Connection, topic: str) -> None:
    """Have a session told of what happens under a topic: `task_status`, `task_run` or `work`."""
    for channel in sorted(_CHANNELS[topic]):
        _listen(conn, channel)


def _listen(conn: Connection, channel: str) -> None:
    """First it is said that somebody listens, then it does; who looks for itself after that has missed nothing."""
    if lock := _LOCKS.get(channel):
        conn.execute("select pg_advisory_lock_shared(%s, 0)", [lock])
    conn.execute(psycopg.sql.SQL("listen {}").format(psycopg.sql.Identifier(channel)))


def take_in(conn: Connection) -> list[psycopg.Notify]:
    """What a session was told and has not read, without waiting; the driver's own way there is long.

    Raises OperationalError where the connection has ended.
    """
    driver = conn.pgconn
    driver.consume_input()
    told = iter(driver.notifies, None)
    return [psycopg.Notify(each.relname.decode(), each.extra.decode(), each.be_pid) for each in told]


def _pause(conn: Connection, took: float) -> float:
    """Seconds to the next time that all who wait look for themselves, which took some the last time."""
    return _POLL if has_session(conn) else min(max(_POOLED, took / _SHARE), _POLL)


def read_notice(notice: psycopg.Notify) -> Event | None:
    """What a notification says; None where it is not aque's: anybody who has the database may send some."""
    if notice.channel in _CHANNELS["work"]:
        return Event("work", payload=notice.payload)
    try:
        state, spans = read_payload(notice.payload)
    except ValueError:
        return None
    return Event("task_status", state, tuple(spans))
