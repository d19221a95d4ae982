"""A screen on a real broker, and tasks in it whose times and places are the same on every machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from textual.pilot import Pilot

import aque
from aque.core.broker import Broker
from aque.core.monitor import Monitor
from aque.tui.app import AqueTop
from aque.tui.memory import Memory
from aque.tui.screens.tasks import TasksScreen
from aque.tui.session import Session
from aque.tui.widgets.vtable import VTable

NOW = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)


def session(
    broker: Broker, *, still: bool = False, read_only: bool = False, memory: Memory | None = None, **look: Any
) -> Session:
    """A session that keeps nothing in the user's home; a still one has a clock that stands."""
    now = (lambda: NOW) if still else broker.now
    return Session(broker, Monitor(broker), "embedded:", now, read_only, memory=memory or Memory(), **look)


@asynccontextmanager
async def opened(broker: Broker, size: tuple[int, int] = (110, 20), **options: Any) -> AsyncIterator[Pilot[None]]:
    """The screen with its first rows."""
    async with AqueTop(session(broker, **options)).run_test(size=size, notifications=True) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, TasksScreen)
        await until(pilot, screen.drawn.is_set)
        await pilot.pause()
        yield pilot


async def until(pilot: Pilot[Any], condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Let the screen live until a condition holds."""
    try:
        async with asyncio.timeout(seconds):
            while not condition():
                await pilot.pause(0.02)
    except TimeoutError:
        raise AssertionError(f"this did not come true within {seconds} s; the screen shows\n{shown(pilot)}") from None


async def picture(pilot: Pilot[Any]) -> str:
    """The screen, once its footer is there and nothing moves any more."""
    before, now = "", shown(pilot)
    while now != before or "Quit" not in now:
        before = now
        for _ in range(3):
            await pilot.pause(0.02)
        now = shown(pilot)
    return str(pilot.app.export_screenshot())


def table(pilot: Pilot[Any]) -> VTable:
    """The table of the screen at the bottom."""
    return pilot.app.screen_stack[0].query_one(VTable)


def shown(pilot: Pilot[Any]) -> str:
    """What can be read on the screen."""
    return "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())


def lines(pilot: Pilot[Any]) -> list[str]:
    """Its lines, without the space around them."""
    return [line.strip() for line in shown(pilot).splitlines()]


def submit(broker: Broker, *commands: str, **fields: Any) -> list[int]:
    """Queue commands."""
    queue = aque.Queue(broker=broker)
    futures = queue.submit_many([{"pattern": "shell", "args": each, **fields} for each in commands])
    return [future.id for future in futures]


def put_worker(broker: Broker) -> None:
    """A row of a worker that nobody is behind: its name is the same everywhere."""
    with broker.database.connection() as conn:
        conn.execute(
            "insert into aque.worker (name, hostname, pid, platform, username, any_user, cpus, cpus_used, memory,"
            " version, last_active)"
            " values ('node-7:4242', 'node-7', 4242, 'linux', 'render', true, 8, 3, 16000000000, '0', %s)",
            [NOW - timedelta(minutes=17)],
        )


def put_state(broker: Broker, task: int, state: str, age: float, ran: float | None = None) -> None:
    """Make a task one that came `age` seconds before NOW, and ran for so long."""
    running = state == "running"
    started = None if ran is None else NOW - timedelta(seconds=ran if running else age / 2)
    finished = None if running or ran is None else started and started + timedelta(seconds=ran)
    with broker.database.connection() as conn:
        conn.execute(
            "update aque.task set state = %s::aque.state, created_at = %s, started_at = %s, finished_at = %s,"
            " worker_id = case when %s then (select max(id) from aque.worker) end where id = %s",
            [state, NOW - timedelta(seconds=age), started, finished, running, task],
        )


def put_output(broker: Broker, task: int, *pieces: bytes) -> None:
    """Give a task that failed an attempt that wrote these, by turns to stdout and stderr."""
    with broker.database.connection() as conn:
        conn.execute("update aque.task set attempt = 1 where id = %s", [task])
        conn.execute(
            "insert into aque.attempt (task_id, number, finished_at, state, exit_code, error)"
            " select id, 1, finished_at, state, 3, %s from aque.task where id = %s",
            ['{"type": "x", "message": "exit status 3"}', task],
        )
        for seq, data in enumerate(pieces):
            conn.execute(
                "insert into aque.output (task_id, attempt, seq, stream, data) values (%s, 1, %s, %s, %s)",
                [task, seq, 1 + seq % 2, data],
            )
