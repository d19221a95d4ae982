"""The tree: unfolded level by level, from both ends, with the cursor on its line."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from aque.core.broker import Broker
from aque.core.monitor import Monitor
from aque.core.selection import Selection
from aque.core.sorting import NEWEST
from aque.tui.screens.tree import TreeScreen
from aque.tui.tree import Fold, TreeSource
from tests.snapshots import Snapshot
from tests.tui.scene import opened, put_state, shown, submit, until


def graph(broker: Broker) -> dict[str, int]:
    (source,) = submit(broker, "true", name="source")
    left, right = (submit(broker, "true", name=name, dependencies=[source])[0] for name in ("left", "right"))
    (both,) = submit(broker, "true", name="both", dependencies=[left, right])
    (alone,) = submit(broker, "true", name="alone")
    return {"source": source, "left": left, "right": right, "both": both, "alone": alone}


@pytest.fixture
def monitor(broker: Broker) -> Iterator[Monitor]:
    made = Monitor(broker)
    yield made
    made.close()


def names(source: TreeSource) -> list[str]:
    keys = source.refresh()
    order = [keys[index] for index in range(len(keys))]
    rows = source.rows(order)
    return [f"{rows[key].trail}{rows[key].task.name}" for key in order]


def test_it_is_unfolded_and_folded(broker: Broker, monitor: Monitor) -> None:
    """A task that stands in two places can be open in one of them alone."""
    graph(broker)
    source = TreeSource(monitor, Selection(ends="last"), NEWEST)
    assert names(source) == ["alone", "both"]
    both = source.refresh()[1]
    source.fold(Fold.OPEN, both)
    assert names(source) == ["alone", "both", "├─left", "└─right"]
    left = source.refresh()[2]
    source.fold(Fold.OPEN, left)
    assert names(source) == ["alone", "both", "├─left", "│ └─source", "└─right"]
    source.fold(Fold.CLOSE, both)
    assert names(source) == ["alone", "both"]
    source.fold(Fold.WHOLE, both)
    assert names(source) == ["alone", "both", "├─left", "│ └─source", "└─right", "  └─source"]
    assert source.refresh()[2] == left
    assert source.refresh() is source.refresh()


def test_it_grows_from_the_other_end(broker: Broker, monitor: Monitor) -> None:
    graph(broker)
    source = TreeSource(monitor, Selection(ends="first"), NEWEST, upwards=True)
    assert names(source) == ["alone", "source"]
    source.fold(Fold.WHOLE, source.refresh()[1])
    assert names(source) == ["alone", "source", "├─left", "│ └─both", "└─right", "  └─both"]


def test_keys_fold_and_the_cursor_stays_on_its_line(broker: Broker, snapshot: Snapshot) -> None:
    """Also when tasks come above it, and the verbs are for the task that it is on."""
    ids = graph(broker)
    for task in ids.values():
        put_state(broker, task, "pending", 30.0)

    async def folds() -> str:
        async with opened(broker, still=True) as pilot:
            await pilot.press("2")
            await until(pilot, lambda: isinstance(pilot.app.screen, TreeScreen) and "▸ both" in shown(pilot))
            screen = pilot.app.screen
            assert isinstance(screen, TreeScreen)
            await pilot.press("down", "plus")
            await until(pilot, lambda: "├─▸ left" in shown(pilot))
            await pilot.press("down", "right")
            await until(pilot, lambda: "│ └─  source" in shown(pilot))
            await pilot.press("down")
            assert screen.task_id == ids["source"]
            picture: str = pilot.app.export_screenshot()
            submit(broker, "true", name="late")
            await until(pilot, lambda: "late" in shown(pilot))
            assert screen.task_id == ids["source"]
            await pilot.press("minus")
            assert screen.task_id == ids["left"]
            await pilot.press("minus")
            await until(pilot, lambda: "source" not in shown(pilot))
            await pilot.press("asterisk", "T")
            await until(pilot, lambda: "dependents below" in shown(pilot) and "▸ source" in shown(pilot))
            await pilot.press("t")
            await until(pilot, lambda: pilot.app.current_mode == "tasks")
            await pilot.press("f5")
            await until(pilot, lambda: pilot.app.current_mode == "tree")
            await pilot.press("tab")
            await until(pilot, lambda: pilot.app.current_mode == "workers")
            return picture

    snapshot("tree.svg", asyncio.run(folds()))


def test_what_ties_two_tasks_stands_on_the_line(broker: Broker) -> None:
    """Also what becomes of the one, should the other end otherwise than it needs."""
    (needed,) = submit(broker, "true", name="needed")
    ties: dict[str, dict[str, Any]] = {
        "plain": {},
        "cleaner": {"condition": "failure", "otherwise": "cancel"},
        "patient": {"otherwise": "wait"},
        "last": {"condition": "complete"},
    }
    for name, tie in ties.items():
        submit(broker, "true", name=name, dependencies=[{"task": needed, **tie}])
    submit(broker, "true", name="child", parent=needed)

    async def unfolds() -> None:
        async with opened(broker, (220, 20)) as pilot:
            await pilot.press("2", "T")
            await until(pilot, lambda: "▸ child" in shown(pilot))
            await pilot.press("asterisk")
            await until(pilot, lambda: "└─▾ child: needed" in shown(pilot))
            await until(pilot, lambda: "├─  plain" in shown(pilot))
            for told in ("on failure: cleaner [else cancelled]", "patient [else waits]", "after: last"):
                assert told in shown(pilot)

    asyncio.run(unfolds())


def test_a_filter_is_that_of_both_screens(broker: Broker) -> None:
    """All of its tasks are roots: what is above them may not match."""
    graph(broker)

    async def filters() -> None:
        async with opened(broker) as pilot:
            await pilot.press("slash", *"left", "enter", "2")
            await until(pilot, lambda: "▸ left" in shown(pilot) and "both" not in shown(pilot))
            await pilot.press("slash")
            for _ in "left":
                await pilot.press("backspace")
            await pilot.press("enter", "1")
            await until(pilot, lambda: pilot.app.current_mode == "tasks" and "alone" in shown(pilot))

    asyncio.run(filters())
