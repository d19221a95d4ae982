"""The workers on the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from aque.core.broker import Broker
from aque.core.db.source import Connection
from aque.tui.dialogs.ask import Confirm
from aque.tui.dialogs.kill import KillDialog
from aque.tui.feed import Lost
from tests.snapshots import Snapshot
from tests.tui.scene import NOW, opened, picture, put_worker, shown, submit, table, until

Play = Callable[[Pilot[Any]], Awaitable[Any]]

_SOME = """
insert into aque.worker (name, hostname, pid, platform, username, any_user, cpus, cpus_used, memory, memory_used, load,
                         queues, tags, draining, last_active, version)
select w.name, w.name, 1, 'linux', 'render', true, w.cpus, w.used, w.memory::bigint << 30, w.memory_used::bigint << 30,
       w.load, w.queues, w.tags, w.draining, %(now)s - make_interval(secs => w.silent), '0'
from (values ('atlas-01.farm:812', 64, 61.5, 256, 190, 63.2, null::text[], '{gpu,ssd}'::text[], false, 0.4),
             ('atlas-02.farm:77', 64, 8, 256, 12, 7.9, null, '{}', true, 1.2),
             ('[b]evil\x1b[31m', 4, 0, 8, 0, null, '{default,night}', '{}', false, 0.9),
             ('laptop:4', 8, 0.25, 16, 1, 0.31, null, '{}', false, 21))
     w (name, cpus, used, memory, memory_used, load, queues, tags, draining, silent)
"""


def put_workers(broker: Broker) -> list[int]:
    """Four of them: a busy one, one that drains, one with a name of ill will, and one that is silent; and two runs."""
    ids = submit(broker, "render 1", "render 2", "render 3")
    with broker.database.connection() as conn:
        conn.execute(_SOME.encode(), {"now": NOW})
        _run(conn, ids[0], 1)
        _run(conn, ids[1], 1)
    return ids


def _run(conn: Connection, task: int, worker: int) -> None:
    conn.execute(
        "update aque.task set state = 'running', started_at = now(), worker_id = %s, lease = id where id = %s",
        [worker, task],
    )


def play(broker: Broker, what: Play, *, ready: str = "WORKER", **options: Any) -> Any:
    async def run() -> Any:
        async with opened(broker, **options) as pilot:
            await pilot.press("3")
            await until(pilot, lambda: pilot.app.current_mode == "workers" and ready in shown(pilot))
            return await what(pilot)

    return asyncio.run(run())


@pytest.mark.parametrize(("name", "size"), [("workers", (120, 14)), ("workers-narrow", (80, 24))])
def test_workers(broker: Broker, snapshot: Snapshot, name: str, size: tuple[int, int]) -> None:
    """Bars that can be read without colour, silent ones in red, columns in line; a name is text."""
    put_workers(broker)
    snapshot(f"{name}.svg", play(broker, picture, ready="laptop", still=True, size=size))


def test_no_workers(broker: Broker, snapshot: Snapshot) -> None:
    snapshot("workers-empty.svg", play(broker, picture, ready="start one with", still=True, size=(90, 12)))


def test_workers_of_a_lost_broker(broker: Broker, snapshot: Snapshot) -> None:
    put_workers(broker)

    async def loses(pilot: Pilot[Any]) -> str:
        await pilot.press("Z")
        pilot.app.screen.post_message(Lost("cannot reach the broker: connection refused", 3600.0))
        await until(pilot, lambda: table(pilot).has_class("-stale"))
        return (await picture(pilot)).replace("3599", "3600")

    snapshot("workers-lost.svg", play(broker, loses, ready="laptop", still=True, size=(100, 12)))


def test_enter_shows_what_a_worker_runs(broker: Broker) -> None:
    ids = put_workers(broker)

    async def looks(pilot: Pilot[Any]) -> None:
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.current_mode == "tasks" and "2 match" in shown(pilot))
        assert [table(pilot).keys[each] for each in range(2)] == ids[1::-1]

    play(broker, looks, ready="laptop", size=(110, 30))


def test_a_task_leads_to_its_worker(broker: Broker) -> None:
    """A task that does not run leads nowhere, and it is said why."""
    ids = put_workers(broker)
    with broker.database.connection() as conn:
        _run(conn, ids[0], 3)

    async def goes() -> None:
        async with opened(broker, size=(110, 30)) as pilot:
            await pilot.press("H")
            await until(pilot, lambda: f"no worker runs task {ids[2]}" in shown(pilot))
            await pilot.press("end", "H")
            await until(pilot, lambda: pilot.app.current_mode == "workers" and table(pilot).cursor_key == 3)
            await pilot.press("escape")
            await until(pilot, lambda: pilot.app.current_mode == "tasks" and table(pilot).cursor_key == ids[0])

    asyncio.run(goes())


def test_a_worker_is_drained_and_not(broker: Broker) -> None:
    """After a question, without which it is not; and z takes it back as well."""
    put_worker(broker)

    def drains() -> bool:
        return bool(broker.workers()[0].draining)

    async def turns(pilot: Pilot[Any]) -> None:
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm) and "Drain node-7" in shown(pilot))
        await pilot.press("enter", "d")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        assert not drains()
        await pilot.press("right", "enter")
        await until(pilot, lambda: "node-7:4242 drains" in shown(pilot) and drains())
        await pilot.press("d")
        await until(pilot, lambda: "takes tasks again" in shown(pilot) and not drains())
        await pilot.press("z")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm) and "employ" in shown(pilot))
        await pilot.press("right", "enter")
        await until(pilot, drains)

    play(broker, turns, ready="node-7", size=(110, 30))


def test_all_that_a_worker_runs_is_stopped_after_a_question(broker: Broker) -> None:
    put_workers(broker)

    async def kills(pilot: Pilot[Any]) -> None:
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, KillDialog) and "2 running" in shown(pilot))
        await pilot.press("right", "enter")
        await until(pilot, lambda: "2 tasks told to stop" in shown(pilot))

    play(broker, kills, ready="laptop", size=(110, 30))


def test_a_worker_of_a_screen_that_is_read_only_is_only_looked_at(broker: Broker) -> None:
    put_workers(broker)

    async def tries(pilot: Pilot[Any]) -> None:
        await pilot.press("d", "x")
        await pilot.pause()
        assert pilot.app.screen is pilot.app.screen_stack[0]

    play(broker, tries, ready="laptop", read_only=True)
