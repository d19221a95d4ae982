"""What the keys do, on a real broker."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from aque.core.broker import Broker
from aque.tui.commands import available
from aque.tui.dialogs.help import HelpScreen
from aque.tui.dialogs.kill import KillDialog
from aque.tui.overlays.task import TaskScreen
from aque.tui.screens.tasks import TasksScreen
from tests.tui.scene import lines, opened, shown, submit, table, until

Play = Callable[[Pilot[Any]], Awaitable[None]]


def play(broker: Broker, what: Play, **options: Any) -> None:
    async def run() -> None:
        async with opened(broker, **options) as pilot:
            await what(pilot)

    asyncio.run(run())


def cursor(pilot: Pilot[Any]) -> int | None:
    return table(pilot).cursor_key


MOVES = [
    (["down"], 1),
    (["j", "j", "k"], 1),
    (["down", "up", "up"], 0),
    (["pagedown"], 15),
    (["pagedown", "pagedown", "pageup"], 15),
    (["end"], 299),
    (["G", "k"], 298),
    (["end", "down"], 299),
    (["end", "home"], 0),
    (["G", "g"], 0),
]


def test_moves(broker: Broker) -> None:
    """Every line can be reached, and its row is there, however far it is."""
    ids = submit(broker, *["true"] * 300)

    async def moves(pilot: Pilot[Any]) -> None:
        for keys, line in MOVES:
            await pilot.press("home", *keys)
            assert cursor(pilot) == ids[-1 - line], keys
            await until(pilot, lambda task=ids[-1 - line]: f"{task}  pending" in shown(pilot))

    play(broker, moves)


def test_the_cursor_stays_with_its_task_when_others_come(broker: Broker) -> None:
    """Else the next key hits another task than the one that was looked at."""
    chosen = submit(broker, *["true"] * 50)[-4]

    async def moves(pilot: Pilot[Any]) -> None:
        await pilot.press("down", "down", "down")
        assert cursor(pilot) == chosen
        submit(broker, *["true"] * 100)
        await until(pilot, lambda: len(table(pilot).keys) == 150)
        assert cursor(pilot) == chosen
        await until(pilot, lambda: f"{chosen}  pending" in shown(pilot))

    play(broker, moves)


def test_who_has_not_moved_sees_what_is_new(broker: Broker) -> None:
    """The cursor does not sink: not in a list that was empty, nor in one that was not."""

    async def watches(pilot: Pilot[Any]) -> None:
        for _ in range(2):
            newest = submit(broker, *["true"] * 100)[-1]
            await until(pilot, lambda task=newest: f"{task}  pending" in shown(pilot))
            assert cursor(pilot) == newest
        await pilot.press("down")
        submit(broker, *["true"] * 100)
        await until(pilot, lambda: len(table(pilot).keys) == 300)
        assert cursor(pilot) == newest - 1

    play(broker, watches)


def test_a_line_stays_where_it_is_on_the_screen_when_others_come_above(broker: Broker) -> None:
    """Else rows run away under the eyes of who reads further down."""
    submit(broker, *["true"] * 200)

    async def moves(pilot: Pilot[Any]) -> None:
        await pilot.press(*["pagedown"] * 4)
        view = table(pilot)
        line = view.cursor - view.scroll_offset.y
        submit(broker, *["true"] * 70)
        await until(pilot, lambda: len(view.keys) == 270)
        await pilot.pause()
        assert view.cursor - view.scroll_offset.y == line

    play(broker, moves)


def test_the_order_turns(broker: Broker) -> None:
    ids = submit(broker, *["true"] * 30)

    async def moves(pilot: Pilot[Any]) -> None:
        await pilot.press("I")
        await until(pilot, lambda: table(pilot).keys[0] == ids[0])
        assert cursor(pilot) == ids[-1]
        await pilot.press("I")
        await until(pilot, lambda: table(pilot).keys[0] == ids[-1])

    play(broker, moves)


def test_a_frozen_screen_stands_still_until_it_is_let_go(broker: Broker) -> None:
    submit(broker, *["true"] * 200)

    async def moves(pilot: Pilot[Any]) -> None:
        await pilot.press("Z")
        await pilot.pause()
        submit(broker, "true")
        await pilot.press("end")
        await until(pilot, lambda: "1  pending" in shown(pilot))
        assert len(table(pilot).keys) == 200
        assert "frozen" in shown(pilot)
        await pilot.press("Z")
        await until(pilot, lambda: len(table(pilot).keys) == 201)

    play(broker, moves)


@pytest.mark.usefixtures("worker")
def test_a_change_is_seen(broker: Broker) -> None:
    async def watches(pilot: Pilot[Any]) -> None:
        submit(broker, "exit 3", name="fails")
        await until(pilot, lambda: "error" in shown(pilot) and "fails" in shown(pilot))

    play(broker, watches)


@pytest.mark.usefixtures("worker")
def test_detail_shows_what_a_task_wrote_as_text(broker: Broker) -> None:
    """No escape or markup of the task's reaches the terminal."""
    (task,) = submit(broker, "printf '\\033[31mred [bold]x[/bold]\\n'; echo oops >&2; exit 3", name="odd")

    async def looks(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: "error" in shown(pilot))
        await pilot.press("enter", "u")
        await until(pilot, lambda: "oops" in shown(pilot))
        text = shown(pilot)
        assert isinstance(pilot.app.screen, TaskScreen)
        assert f"task {task}  error" in text
        assert "red [bold]x[/bold]" in text
        assert "\x1b" not in text
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, TasksScreen)

    play(broker, looks, size=(110, 30))


@pytest.mark.usefixtures("worker")
def test_detail_goes_on_with_what_is_written(broker: Broker, tmp_path: object) -> None:
    mark = f"{tmp_path}/mark"
    submit(broker, f"echo first; until test -e {mark}; do sleep 0.05; done; echo second")

    async def looks(pilot: Pilot[Any]) -> None:
        await pilot.press("o")
        await until(pilot, lambda: "first" in lines(pilot))
        open(mark, "w").close()  # noqa: PTH123
        await until(pilot, lambda: "second" in lines(pilot) and "success" in shown(pilot))

    play(broker, looks, size=(110, 30))


def test_without_a_choice_nothing_is_killed(broker: Broker) -> None:
    """Enter on the dialog as it opens is Cancel, and so is Esc."""
    (task,) = submit(broker, "true")

    async def hesitates(pilot: Pilot[Any]) -> None:
        for way_out in ("enter", "escape"):
            await pilot.press("x")
            await until(pilot, lambda: isinstance(pilot.app.screen, KillDialog))
            await pilot.press(way_out)
            await until(pilot, lambda: isinstance(pilot.app.screen, TasksScreen))
        assert broker.tasks([task])[0].state == "pending"

    play(broker, hesitates)


@pytest.mark.parametrize("key", ["f9", "x"])
def test_a_chosen_kill_is_done_and_told(broker: Broker, key: str) -> None:
    (task,) = submit(broker, "true", name="victim")
    submit(broker, "true", dependencies=[task])

    async def kills(pilot: Pilot[Any]) -> None:
        await pilot.press("end", key)
        await until(pilot, lambda: isinstance(pilot.app.screen, KillDialog) and "victim" in shown(pilot))
        assert "1 task that needs it" in shown(pilot)
        await pilot.press("right", "enter")
        await until(pilot, lambda: f"task {task} was cancelled, and 1 task with it" in shown(pilot))
        await until(pilot, lambda: f"{task}  cancelled" in shown(pilot))

    play(broker, kills)


@pytest.mark.usefixtures("worker")
def test_what_ignores_a_signal_is_killed_at_once(broker: Broker) -> None:
    """The second button does not wait for the grace of the first."""
    (task,) = submit(broker, "trap '' TERM; echo up; while :; do sleep 0.1; done")

    async def kills(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: broker.output(task))
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, KillDialog))
        await pilot.press("right", "right", "enter")
        await until(pilot, lambda: broker.outcomes([task]))
        assert broker.outcomes([task])[0].signal == 9
        await until(pilot, lambda: f"{task}  killed" in shown(pilot))

    play(broker, kills)


def test_a_task_that_is_complete_is_not_asked_about(broker: Broker) -> None:
    (task,) = submit(broker, "true")
    broker.kill([task])

    async def tries(pilot: Pilot[Any]) -> None:
        await pilot.press("x")
        await until(pilot, lambda: "nothing to stop" in shown(pilot))
        assert isinstance(pilot.app.screen, TasksScreen)

    play(broker, tries)


def test_read_only_changes_nothing(broker: Broker) -> None:
    submit(broker, "true")

    async def tries(pilot: Pilot[Any]) -> None:
        assert "kill" not in {command.name for _, command in available(pilot.app.screen)}
        await pilot.press("x", "f9", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TaskScreen))
        await pilot.press("x")
        await pilot.pause()
        assert isinstance(pilot.app.screen, TaskScreen)

    play(broker, tries, read_only=True)


def test_help_knows_every_command(broker: Broker) -> None:
    """A key that nobody can find out about is no key."""

    async def reads(pilot: Pilot[Any]) -> None:
        found = available(pilot.app.screen)
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        await pilot.pause()
        text = shown(pilot)
        assert found
        assert [command.help for _, command in found if command.help not in text] == []
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, TasksScreen)

    play(broker, reads, size=(130, 40))


def test_the_palette_runs_a_command_of_the_table(broker: Broker) -> None:
    ids = submit(broker, *["true"] * 40)

    async def types(pilot: Pilot[Any]) -> None:
        await pilot.press("colon")
        await pilot.pause()
        await pilot.press(*"last")
        await until(pilot, lambda: "To the last line" in shown(pilot))
        await pilot.press("enter", "enter")
        await until(pilot, lambda: cursor(pilot) == ids[0])

    play(broker, types)


@pytest.mark.parametrize("key", ["q", "f10", "ctrl+c"])
def test_quit(broker: Broker, key: str) -> None:
    async def leaves() -> None:
        async with opened(broker) as pilot:
            await pilot.press(key)
            async with asyncio.timeout(20):
                while pilot.app.is_running:
                    await asyncio.sleep(0.01)

    asyncio.run(leaves())
