"""The audit trail on the screen, and taking back what stands there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from textual.pilot import Pilot

from aque.core import farm
from aque.core.broker import Broker
from aque.core.selection import Selection
from aque.core.steering import Steering
from aque.tui.dialogs.ask import Confirm
from aque.tui.overlays.event import EventScreen
from tests.snapshots import Snapshot
from tests.tui.scene import NOW, opened, picture, put_worker, shown, submit, table, until

Play = Callable[[Pilot[Any]], Awaitable[Any]]


def play(broker: Broker, what: Play, *, place: str = "6", ready: str = "EVENT", **options: Any) -> Any:
    async def run() -> Any:
        async with opened(broker, **options) as pilot:
            await pilot.press(place)
            await until(pilot, lambda: pilot.app.current_mode == "events" and ready in shown(pilot))
            return await what(pilot)

    return asyncio.run(run())


def act(broker: Broker) -> list[int]:
    """Acts of each kind, at times and by people that are the same everywhere."""
    ids = submit(broker, *["true"] * 4)
    steering = Steering(broker)
    steering.prioritise(Selection(tuple(ids)), 5, is_relative=False)
    steering.pause(Selection(tuple(ids[:2])))
    broker.kill(ids[3:])
    steering.remove(Selection(tuple(ids[3:])))
    farm.set_limit(broker, "[red]gpu\x1b[0m", 4)
    put_worker(broker)
    farm.drain(broker, None)
    steering.undo(2)
    with broker.database.connection() as conn:
        conn.execute(
            "update aque.event set who = 'ada', at = %s - make_interval(secs => 60.0 * (10 - id)), after = after", [NOW]
        )
    return ids


def test_events(broker: Broker, snapshot: Snapshot) -> None:
    """The newest first; what was undone says by what; markup is text."""
    act(broker)

    async def take(pilot: Pilot[Any]) -> str:
        await until(pilot, lambda: "priority" in shown(pilot))
        return await picture(pilot)

    snapshot("events.svg", play(broker, take, still=True))


def test_events_in_a_narrow_terminal(broker: Broker, snapshot: Snapshot) -> None:
    act(broker)

    async def take(pilot: Pilot[Any]) -> str:
        await until(pilot, lambda: "priority" in shown(pilot))
        return await picture(pilot)

    snapshot("events-narrow.svg", play(broker, take, still=True, size=(80, 24)))


def test_no_events(broker: Broker, snapshot: Snapshot) -> None:
    async def take(pilot: Pilot[Any]) -> str:
        await until(pilot, lambda: "nobody has done anything" in shown(pilot))
        return await picture(pilot)

    snapshot("events-empty.svg", play(broker, take, still=True, size=(90, 12)))


def test_an_event_in_full(broker: Broker, snapshot: Snapshot) -> None:
    """All values, and whether it can be taken back."""
    act(broker)

    async def take(pilot: Pilot[Any]) -> str:
        await until(pilot, lambda: "priority" in shown(pilot))
        await pilot.press("end", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, EventScreen) and "z in the list" in shown(pilot))
        return await picture(pilot)

    snapshot("event.svg", play(broker, take, still=True, size=(100, 24)))


def test_an_act_is_taken_back_after_a_question(broker: Broker) -> None:
    """It is the one under the cursor, not the last; it says before and after how many, and it is marked."""
    ids = submit(broker, *["true"] * 3)
    Steering(broker).pause(Selection(tuple(ids)))
    Steering(broker).prioritise(Selection(tuple(ids)), 7, is_relative=False)

    async def undoes(pilot: Pilot[Any]) -> None:
        await pilot.press("end", "z")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm) and "Undo event 1, pause" in shown(pilot))
        assert "undoes it for: 3 tasks" in shown(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(pilot.app.screen, Confirm))
        assert {row.state for row in broker.tasks(ids)} == {"paused"}, "Cancel is the default"
        await pilot.press("z")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("right", "enter")
        await until(pilot, lambda: "event 1 (pause) undone by event 3: 3 tasks" in shown(pilot))
        await until(pilot, lambda: "undone by 3" in shown(pilot) and len(table(pilot).keys) == 3)
        assert {(row.state, row.priority) for row in broker.tasks(ids)} == {("pending", 7)}

    play(broker, undoes, ready="pause")


def test_what_cannot_be_undone_is_told(broker: Broker) -> None:
    """Without a question that could be answered."""
    (task,) = submit(broker, "true")
    broker.kill([task])
    Steering(broker).remove(Selection((task,)))

    async def tries(pilot: Pilot[Any]) -> None:
        await pilot.press("z")
        await until(pilot, lambda: "cannot be undone" in shown(pilot))
        await pilot.press("down", "z")
        await until(pilot, lambda: "event 1 (kill): nothing" in shown(pilot))

    play(broker, tries, ready="rm")


def test_z_undoes_the_last_act_on_any_screen(broker: Broker) -> None:
    ids = submit(broker, "true", "true")

    async def undoes() -> None:
        async with opened(broker) as pilot:
            await pilot.press("z")
            await until(pilot, lambda: "there is nothing to undo of yours" in shown(pilot))
            assert "--all" not in shown(pilot), "a flag of another face is nothing to press"
            await pilot.press("p")
            await until(pilot, lambda: broker.tasks(ids[1:])[0].state == "paused")
            await pilot.press("z")
            await until(pilot, lambda: isinstance(pilot.app.screen, Confirm) and "pause" in shown(pilot))
            await pilot.press("right", "enter")
            await until(pilot, lambda: "event 1 (pause) undone by event 2: 1 task" in shown(pilot))
            assert broker.tasks(ids[1:])[0].state == "pending"

    asyncio.run(undoes())


def test_nobody_undoes_on_a_screen_that_is_read_only(broker: Broker) -> None:
    ids = submit(broker, "true")
    Steering(broker).pause(Selection(tuple(ids)))

    async def tries(pilot: Pilot[Any]) -> None:
        await pilot.press("z")
        await pilot.pause()
        assert not isinstance(pilot.app.screen, Confirm)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, EventScreen))

    play(broker, tries, ready="pause", read_only=True)
