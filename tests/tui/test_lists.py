"""What can be done with lists of tasks: filters, orders, marks and verbs, on a real broker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.command import CommandPalette
from textual.pilot import Pilot

from aque.core.broker import Broker
from aque.core.states import State
from aque.tui.app import AqueTop
from aque.tui.dialogs.ask import Confirm
from aque.tui.dialogs.kill import KillDialog
from aque.tui.memory import Memory
from aque.tui.overlays.task import TaskScreen
from aque.tui.screens.tasks import TasksScreen
from aque.tui.session import Session
from tests.tui.scene import opened, put_worker, session, shown, submit, table, until

Play = Callable[[Pilot[Any]], Awaitable[None]]
_CHARACTERS = {"colon": ":", "slash": "/", "equals_sign": "=", "right_square_bracket": "]"}


def play(broker: Broker, what: Play, **options: Any) -> None:
    async def run() -> None:
        async with opened(broker, **options) as pilot:
            await what(pilot)

    asyncio.run(run())


def keys(pilot: Pilot[Any]) -> list[int]:
    found = table(pilot).keys
    return [found[index] for index in range(len(found))]


def states(broker: Broker, *ids: int) -> list[str]:
    found = {row.id: row.state for row in broker.tasks(ids)}
    return [found[each] for each in ids]


async def typed(pilot: Pilot[Any], text: str) -> None:
    await pilot.press(*(each if each.isalnum() else _KEYS[each] for each in text))


_KEYS = {":": "colon", " ": "space", ".": "full_stop", "-": "minus"}


async def chosen(pilot: Pilot[Any]) -> None:
    """Enter, as often as the palette asks for it."""
    while isinstance(pilot.app.screen, CommandPalette):
        await pilot.press("enter")
        await pilot.pause()


def test_a_filter_takes_hold_while_it_is_written(broker: Broker) -> None:
    """And Esc undoes it, Enter keeps it, until Esc shows all again."""
    a, b = submit(broker, "true", name="alpha") + submit(broker, "true", name="beta")

    async def writes(pilot: Pilot[Any]) -> None:
        await pilot.press("slash")
        await typed(pilot, "alp")
        await until(pilot, lambda: keys(pilot) == [a])
        await pilot.press("escape")
        await until(pilot, lambda: keys(pilot) == [b, a])
        await pilot.press("slash")
        await typed(pilot, "beta")
        await pilot.press("enter")
        await until(pilot, lambda: keys(pilot) == [b] and "1 match" in shown(pilot))
        await pilot.press("slash")
        await typed(pilot, "zzz")
        await until(pilot, lambda: "no task matches" in shown(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: keys(pilot) == [b])
        await pilot.press("escape")
        await until(pilot, lambda: keys(pilot) == [b, a])

    play(broker, writes)


def test_a_filter_that_is_wrong_is_told_and_changes_nothing(broker: Broker) -> None:
    ids = submit(broker, "true", "false")

    async def writes(pilot: Pilot[Any]) -> None:
        await pilot.press("slash")
        await typed(pilot, "state:odd")
        await until(pilot, lambda: "state: expected" in shown(pilot))
        await pilot.press("enter")
        await pilot.pause()
        assert "state: expected" in shown(pilot)
        assert keys(pilot) == ids[::-1]
        await pilot.press("escape")
        await until(pilot, lambda: "state: expected" not in shown(pilot))

    play(broker, writes)


def test_fields_and_values_are_completed(broker: Broker) -> None:
    """From the language, and from what occurs."""
    (task,) = submit(broker, "true", queue="render-farm")
    submit(broker, "true", queue="other")

    async def writes(pilot: Pilot[Any]) -> None:
        await pilot.press("slash")
        await typed(pilot, "que")
        await pilot.press("tab")
        await until(pilot, lambda: "render-farm" in shown(pilot))
        await typed(pilot, "ren")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: keys(pilot) == [task] and "queue:render-farm" in shown(pilot))

    play(broker, writes)


def test_mine_and_failures_are_a_key_each(broker: Broker) -> None:
    mine, other, failed = submit(broker, "true") + submit(broker, "true", user="nobody") + submit(broker, "true")
    broker.kill([failed])

    async def presses(pilot: Pilot[Any]) -> None:
        await pilot.press("u")
        await until(pilot, lambda: keys(pilot) == [failed, mine])
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: keys(pilot) == [failed])
        await pilot.press("u")
        await until(pilot, lambda: "/ state:failed" in shown(pilot))
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: keys(pilot) == [failed, other, mine])

    play(broker, presses)


def test_find_goes_to_what_matches_and_round(broker: Broker) -> None:
    ids = [submit(broker, "true", name=name)[0] for name in ("x", "b", "x", "b", "x")]

    async def finds(pilot: Pilot[Any]) -> None:
        await pilot.press("home", "f3")
        await typed(pilot, "name:b")
        await pilot.press("enter")
        await until(pilot, lambda: table(pilot).cursor_key == ids[3])
        for key, found in (("n", ids[1]), ("n", ids[3]), ("N", ids[1]), ("N", ids[3])):
            await pilot.press(key)
            await until(pilot, lambda task=found: table(pilot).cursor_key == task)
        assert len(keys(pilot)) == 5

    play(broker, finds)


def test_orders_keep_the_cursor_with_its_task(broker: Broker) -> None:
    ids = [submit(broker, "true", name=name, priority=prio)[0] for name, prio in (("c", 1), ("a", 3), ("b", 2))]

    async def sorts(pilot: Pilot[Any]) -> None:
        await pilot.press("down")
        assert table(pilot).cursor_key == ids[1]
        await pilot.press("f6")
        await pilot.pause()
        await pilot.press("down", "down", "down", "down", "down", "down", "enter")
        await until(pilot, lambda: "PRIO▾" in shown(pilot))
        await until(pilot, lambda: keys(pilot) == [ids[1], ids[2], ids[0]])
        assert table(pilot).cursor_key == ids[1]
        await pilot.press("I")
        await until(pilot, lambda: keys(pilot) == [ids[0], ids[2], ids[1]])
        assert table(pilot).cursor_key == ids[1]
        await pilot.press("greater_than_sign", "greater_than_sign", "greater_than_sign", "greater_than_sign")
        await until(pilot, lambda: "NAME▴" in shown(pilot) and keys(pilot) == [ids[1], ids[2], ids[0]])
        await pilot.press("less_than_sign")
        await until(pilot, lambda: "WORKER▴" in shown(pilot))

    play(broker, sorts)


def test_a_priority_that_is_moved_moves_the_task_at_once(broker: Broker) -> None:
    low, high = submit(broker, "true", priority=10) + submit(broker, "true", priority=11)

    async def moves(pilot: Pilot[Any]) -> None:
        await pilot.press("end", "right_square_bracket")
        await until(pilot, lambda: broker.tasks([low])[0].priority == 11)
        await pilot.press("left_square_bracket", "left_square_bracket")
        await until(pilot, lambda: broker.tasks([low])[0].priority == 9)
        await pilot.press("equals_sign")
        await pilot.pause()
        await typed(pilot, "77")
        await pilot.press("enter")
        await until(pilot, lambda: broker.tasks([low])[0].priority == 77)
        await until(pilot, lambda: " 77 " in shown(pilot))
        assert broker.tasks([high])[0].priority == 11

    play(broker, moves)


def test_marks_are_what_the_verbs_are_for(broker: Broker) -> None:
    """They stay with their tasks in another order, and what is done to many is asked first and told after."""
    ids = submit(broker, *["true"] * 5)

    async def marks(pilot: Pilot[Any]) -> None:
        await pilot.press("space", "space", "I")
        await until(pilot, lambda: keys(pilot) == ids)
        await until(pilot, lambda: shown(pilot).count("●") == 3)  # two, and the line below
        await pilot.press("p")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm) and "Pause 2 tasks?" in shown(pilot))
        await pilot.press("enter")
        assert states(broker, *ids) == ["pending"] * 5
        await pilot.press("p")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("right", "enter")
        await until(pilot, lambda: "2 tasks paused" in shown(pilot))
        assert states(broker, *ids) == ["pending"] * 3 + ["paused"] * 2
        await pilot.press("U")
        await until(pilot, lambda: "●" not in shown(pilot))

    play(broker, marks)


def test_a_mark_by_filter_catches_tasks_to_come(broker: Broker) -> None:
    first, spared = submit(broker, "true", "true", name="hot")
    submit(broker, "true", name="cold")

    async def marks(pilot: Pilot[Any]) -> None:
        await pilot.press("slash")
        await typed(pilot, "hot")
        await pilot.press("enter")
        await until(pilot, lambda: keys(pilot) == [spared, first])
        await pilot.press("a")
        await until(pilot, lambda: "marked: all of hot" in shown(pilot))
        await pilot.press("home", "space")
        (late,) = submit(broker, "true", name="hot")
        await until(pilot, lambda: keys(pilot) == [late, spared, first])
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, KillDialog) and "Stop 2 tasks?" in shown(pilot))
        await pilot.press("right", "enter")
        await until(pilot, lambda: "2 tasks cancelled" in shown(pilot))
        assert states(broker, first, spared, late) == ["cancelled", "pending", "cancelled"]

    play(broker, marks)


def test_a_subtree_is_marked_whole(broker: Broker) -> None:
    (root,) = submit(broker, "true")
    (child,) = submit(broker, "true", dependencies=[root])
    (leaf,) = submit(broker, "true", dependencies=[child])
    submit(broker, "true")

    async def marks(pilot: Pilot[Any]) -> None:
        await pilot.press("end", "c")
        app = pilot.app
        assert isinstance(app, AqueTop)
        await until(pilot, lambda: app.session.marks.ids == {root, child, leaf})
        await until(pilot, lambda: shown(pilot).count("●") == 4)

    play(broker, marks)


def test_one_task_is_steered_at_once_and_told(broker: Broker) -> None:
    """A removal is asked about all the same: it cannot be taken back."""
    (task,) = submit(broker, "true")

    async def steers(pilot: Pilot[Any]) -> None:
        await pilot.press("p")
        await until(pilot, lambda: "1 task paused" in shown(pilot) and f"{task}  paused" in shown(pilot))
        await pilot.press("p")
        await until(pilot, lambda: f"{task}  pending" in shown(pilot))
        await pilot.press("X")
        await until(pilot, lambda: "nothing to do: left alone: 1 was pending" in shown(pilot))
        broker.kill([task])
        await until(pilot, lambda: f"{task}  cancelled" in shown(pilot))
        await pilot.press("r")
        await until(pilot, lambda: states(broker, task) == ["pending"])
        broker.kill([task])
        await pilot.press("X")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("right", "enter")
        await until(pilot, lambda: keys(pilot) == [])

    play(broker, steers)


def test_thousands_are_steered_without_holding_up_the_screen(broker: Broker) -> None:
    ids = submit(broker, *["true"] * 4500)

    async def steers(pilot: Pilot[Any]) -> None:
        await pilot.press("a", "p")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm) and "Pause 4,500 tasks?" in shown(pilot))
        await pilot.press("right", "enter", "down")
        await until(pilot, lambda: "4,500 tasks paused" in shown(pilot), 60)
        assert set(states(broker, *ids)) == {State.PAUSED}

    play(broker, steers)


def test_read_only_offers_and_does_nothing(broker: Broker) -> None:
    (task,) = submit(broker, "true")

    async def tries(pilot: Pilot[Any]) -> None:
        await pilot.press("p", "r", "X", "x", "right_square_bracket", "equals_sign")
        await pilot.pause()
        assert isinstance(pilot.app.screen, TasksScreen)
        row = broker.tasks([task])[0]
        assert (row.state, row.priority) == ("pending", 1000)
        await pilot.press("space", "u")
        await until(pilot, lambda: "marked: 1" in shown(pilot) and "user:me" in shown(pilot))

    play(broker, tries, read_only=True)


def test_columns_and_views_are_kept(broker: Broker, tmp_path: Path) -> None:
    """For the next time that the screen is opened."""
    submit(broker, "true", queue="night", name="n")
    path = tmp_path / "state" / "top.json"

    async def chooses(pilot: Pilot[Any]) -> None:
        await pilot.press("f2")
        await until(pilot, lambda: "Space chooses" in shown(pilot))
        await pilot.press("end", "space", "enter")
        await until(pilot, lambda: "LEASE" in shown(pilot))
        await pilot.press("u", "V")
        await pilot.pause()
        await typed(pilot, "mine")
        await pilot.press("enter")
        await until(pilot, lambda: "view mine is kept" in shown(pilot))
        await pilot.press("u")
        await until(pilot, lambda: "/ user:me" not in shown(pilot))
        await pilot.press("v")
        await until(pilot, lambda: "Views" in shown(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "/ user:me" in shown(pilot))

    play(broker, chooses, memory=Memory(path), size=(140, 30))
    kept = Memory(path)
    assert kept.columns[-1] == "lease"
    assert kept.view("mine").filter == "user:me"
    path.write_text("{not json")
    assert Memory(path).views == {}


def test_copies_and_exports(broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (task,) = submit(broker, "echo a,b")
    submit(broker, "true", name="other")

    async def gives(pilot: Pilot[Any]) -> None:
        await pilot.press("end", "y")
        assert pilot.app.clipboard == str(task)
        await until(pilot, lambda: "echo a,b" in shown(pilot))
        await pilot.press("Y")
        assert pilot.app.clipboard == "echo a,b"
        for name in ("tasks.csv", "out.json"):
            await pilot.press("ctrl+s")
            await pilot.pause()
            await typed(pilot, name)
            await pilot.press("enter")
            await until(pilot, lambda name=name: (tmp_path / name).exists())
        await pilot.press("ctrl+s")
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: "is there already" in shown(pilot))

    play(broker, gives)
    lines = (tmp_path / "tasks.csv").read_text().splitlines()
    assert len(lines) == 3
    assert '"echo a,b"' in lines[2]
    assert [row["id"] for row in json.loads((tmp_path / "out.json").read_text())] == [task + 1, task]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["out.json", "tasks.csv"]


def test_the_palette_goes_to_a_task_by_its_number(broker: Broker) -> None:
    """Also to one that is not in the list."""
    ids = submit(broker, *["true"] * 30)

    async def goes(pilot: Pilot[Any]) -> None:
        await pilot.press("colon")
        await pilot.pause()
        await typed(pilot, str(ids[3]))
        await until(pilot, lambda: f"Go to task {ids[3]}" in shown(pilot))
        await chosen(pilot)
        await until(pilot, lambda: table(pilot).cursor_key == ids[3])
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: keys(pilot) == [])
        await pilot.press("colon")
        await pilot.pause()
        await typed(pilot, str(ids[4]))
        await until(pilot, lambda: f"Go to task {ids[4]}" in shown(pilot))
        await chosen(pilot)
        await until(pilot, lambda: isinstance(pilot.app.screen, TaskScreen))

    play(broker, goes)


def test_it_opens_as_it_is_told_to(broker: Broker) -> None:
    """aque top --filter"""
    failed, _ = submit(broker, "true", "true")
    broker.kill([failed])

    async def looks() -> None:
        made = session(broker)
        made.scope = made.scope.narrowed("state:failed")
        async with AqueTop(made).run_test(size=(110, 20)) as pilot:
            await until(pilot, lambda: keys(pilot) == [failed])

    asyncio.run(looks())


def burst(pilot: Pilot[Any], *keys: str) -> None:
    """All keys at once, as a terminal hands them over that was typed into quickly."""
    for key in keys:
        pilot.app.post_message(events.Key(key, key if len(key) == 1 else _CHARACTERS.get(key)))


def test_a_filter_may_be_typed_quickly(broker: Broker) -> None:
    """Else its first letters are commands, and hit tasks."""
    submit(broker, "true")
    (his,) = submit(broker, "true", user="bob")

    async def types(pilot: Pilot[Any]) -> None:
        burst(pilot, "slash", *"user", "colon", *"bob", "enter")
        await until(pilot, lambda: "/ user:bob" in shown(pilot) and keys(pilot) == [his])

    play(broker, types)


def test_an_answer_may_be_typed_quickly(broker: Broker) -> None:
    (task,) = submit(broker, "true")

    async def types(pilot: Pilot[Any]) -> None:
        burst(pilot, "equals_sign", *"777", "enter")
        await until(pilot, lambda: broker.tasks([task])[0].priority == 777)

    play(broker, types)


def test_what_follows_a_filter_in_haste_hits_nothing_that_it_hides(broker: Broker) -> None:
    """The list of before is still shown then."""
    (task,) = submit(broker, "true")

    async def types(pilot: Pilot[Any]) -> None:
        burst(pilot, "slash", *"user", "colon", *"bob", "enter", "right_square_bracket")
        await until(pilot, lambda: "/ user:bob" in shown(pilot) and not keys(pilot))
        assert broker.tasks([task])[0].priority == 1000

    play(broker, types)


def test_the_head_is_whole_on_each_screen(broker: Broker) -> None:
    """Though it was told something shorter while its screen was not there yet."""
    put_worker(broker)

    async def run() -> None:
        async with opened(broker, size=(180, 20)) as pilot:
            for key in "234561":
                await pilot.press(key)
                await until(pilot, lambda: "1 worker" in shown(pilot).splitlines()[1])
                await until(pilot, lambda: shown(pilot).splitlines()[1].rstrip().endswith("3/8"))

    asyncio.run(run())


def test_how_often_it_looks_is_told_to_it(broker: Broker) -> None:
    """aque top --refresh"""
    assert session(broker, refresh=7.0).feeder._mailbox._period == 7.0
    assert Session.of(broker, refresh=7.0).refresh == 7.0
