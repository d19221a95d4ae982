"""Groups on the screen: how far they are, and the verbs for all of one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from textual.pilot import Pilot

from aque.core.broker import Broker
from aque.core.monitor import Monitor
from aque.core.queries import groups
from aque.core.selection import Selection
from aque.core.steering import Steering
from aque.tui.dialogs.ask import AskText, Confirm
from aque.tui.dialogs.kill import KillDialog
from aque.tui.groups import Groups, elapsed, rate, remaining
from tests.snapshots import Snapshot
from tests.tui.scene import NOW, opened, picture, put_state, put_worker, shown, submit, table, until

Play = Callable[[Pilot[Any]], Awaitable[Any]]


def put_group(broker: Broker, name: str, count: int) -> list[int]:
    """A group, and then its children."""
    (group,) = submit(broker, "true", name=name)
    return [group, *submit(broker, *["true"] * count, parent=group)]


def scene(broker: Broker) -> None:
    """One that goes on, with some of each; one that is over; one that has not begun and has a name of ill will."""
    put_worker(broker)
    going = put_group(broker, "render shots", 20)
    over = put_group(broker, "nightly", 6)
    put_group(broker, "[b]evil\x1b[31m", 3)
    states = ["success"] * 9 + ["error"] * 2 + ["cancelled"] + ["running"] * 3
    for place, (task, state) in enumerate(zip(going[1:], states, strict=False)):
        ran = None if state == "cancelled" else 30.0
        put_state(broker, task, state, 300.0 + place, ran)
    put_state(broker, going[0], "running", 400.0, 380.0)
    for task in over:
        put_state(broker, task, "success", 7200.0, 600.0)


def play(broker: Broker, what: Play, *, ready: str = "GROUP", **options: Any) -> Any:
    async def run() -> Any:
        async with opened(broker, **options) as pilot:
            await pilot.press("4")
            await until(pilot, lambda: pilot.app.current_mode == "groups" and ready in shown(pilot))
            return await what(pilot)

    return asyncio.run(run())


@pytest.mark.parametrize(("name", "size"), [("groups", (130, 14)), ("groups-narrow", (80, 24))])
def test_groups(broker: Broker, snapshot: Snapshot, name: str, size: tuple[int, int]) -> None:
    """How far each is, as a bar of signs and as numbers in line."""
    scene(broker)
    snapshot(f"{name}.svg", play(broker, picture, ready="60%", still=True, size=size))


def test_no_groups(broker: Broker, snapshot: Snapshot) -> None:
    submit(broker, "true")
    snapshot("groups-empty.svg", play(broker, picture, ready="no task has children", still=True, size=(90, 12)))


def test_a_group_is_counted(broker: Broker) -> None:
    """States, the last minute, and the times, of its children alone."""
    scene(broker)
    (going, *_) = sorted(broker.read(groups.latest, 10))
    (found,) = broker.read(groups.progress, [going], NOW)
    assert (found.total, found.success, found.failed, found.cancelled, found.running, found.waiting) == (
        20,
        9,
        2,
        1,
        3,
        5,
    )
    assert found.complete == 12
    assert found.recent == 0
    assert found.ended_at and found.started_at and found.ended_at < NOW - timedelta(seconds=60)
    assert broker.read(groups.latest, 2) == sorted(broker.read(groups.latest, 9), reverse=True)[:2]
    assert rate(found, NOW) > 0
    assert remaining(found, NOW) == pytest.approx(8 / rate(found, NOW))


def test_what_is_over_is_not_counted_again_until_it_must_be(broker: Broker) -> None:
    """Else a thousand complete groups of many tasks would be read twice a second."""
    group, *children = put_group(broker, "g", 3)
    for task in (group, *children):
        put_state(broker, task, "success", 100.0, 10.0)
    monitor = Monitor(broker)
    source = Groups(monitor, lambda: NOW)
    keys = [source.refresh()[each] for each in range(len(source.refresh()))]
    line = source.rows(keys)[group]
    assert line.is_over
    assert elapsed(line, NOW) == pytest.approx(10.0)
    put_state(broker, children[0], "error", 100.0, 10.0)
    assert source.rows(keys)[group] == line
    source.expire()
    assert (found := source.rows(keys)[group].progress) and found.failed == 1
    put_state(broker, group, "pending", 100.0, None)
    put_state(broker, children[1], "error", 100.0, 10.0)
    assert (found := source.rows(keys)[group].progress) and found.failed == 2
    monitor.close()


def test_enter_shows_the_members(broker: Broker) -> None:
    """And Esc leads back, to what was shown before."""
    _, *children = put_group(broker, "g", 3)

    async def looks(pilot: Pilot[Any]) -> None:
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.current_mode == "tasks" and "3 match" in shown(pilot))
        assert sorted(table(pilot).keys[each] for each in range(3)) == children
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.current_mode == "groups")
        await pilot.press("1")
        await until(pilot, lambda: len(table(pilot).keys) == 4)

    play(broker, looks, ready="0%")


def test_verbs_are_for_all_of_a_group(broker: Broker) -> None:
    """Paused and resumed by the same key, moved in the order, stopped; each after a question that says how many."""
    ids = put_group(broker, "g", 3)

    def states() -> set[str]:
        return {row.state for row in broker.tasks(ids)}

    def priorities() -> set[int]:
        return {row.priority for row in broker.tasks(ids)}

    async def asked(pilot: Pilot[Any], key: str, title: str) -> None:
        await pilot.press(key)
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm) and title in shown(pilot))
        await pilot.press("right", "enter")

    async def acts(pilot: Pilot[Any]) -> None:
        await asked(pilot, "p", "Pause 4 tasks?")
        await until(pilot, lambda: states() == {"paused"})
        await until(pilot, lambda: (line := pilot.app.screen.line) and line.progress.paused == 3)  # type: ignore[attr-defined]
        await asked(pilot, "p", "Resume 4 tasks?")
        await until(pilot, lambda: states() == {"pending"})
        await asked(pilot, "right_square_bracket", "priority +1 for 4 tasks?")
        await until(pilot, lambda: priorities() == {1001})
        await asked(pilot, "left_square_bracket", "priority -1 for 4 tasks?")
        await until(pilot, lambda: priorities() == {1000})
        await pilot.press("equals_sign")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskText))
        await pilot.press("7", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("right", "enter")
        await until(pilot, lambda: priorities() == {7})
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, KillDialog) and "4 waiting" in shown(pilot))
        await pilot.press("right", "enter")
        await until(pilot, lambda: states() == {"cancelled"})

    play(broker, acts, ready="0%", size=(120, 30))


def test_a_group_that_was_removed_still_has_its_children(broker: Broker) -> None:
    group, child = put_group(broker, "g", 1)
    broker.kill([group])
    Steering(broker).remove(Selection((group,)))

    async def looks(pilot: Pilot[Any]) -> None:
        assert broker.tasks([child])
        await until(pilot, lambda: "gone" in shown(pilot))

    play(broker, looks, ready="0%")
