"""Themes, keys of one's own, the mouse, and terminals of any size."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from aque.core.broker import Broker
from aque.core.errors import UsageError
from aque.tui.app import AqueTop, contexts
from aque.tui.dialogs.kill import KillDialog
from aque.tui.keymap import keymap
from aque.tui.memory import Memory
from aque.tui.themes import THEMES
from tests.tui.scene import opened, session, shown, submit, table, until
from tests.tui.test_keys import play


def test_a_theme_is_chosen_and_kept(broker: Broker, tmp_path: Path) -> None:
    memory = Memory(tmp_path / "top.json")

    async def chooses(pilot: Pilot[Any]) -> None:
        assert pilot.app.theme == "light"
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "white on black" in shown(pilot))
        await pilot.press("down", "enter")
        await until(pilot, lambda: pilot.app.theme == "contrast")

    play(broker, chooses, memory=memory, theme="light")
    assert AqueTop(session(broker, memory=Memory(tmp_path / "top.json"), theme="light")).theme == "contrast"


def test_a_theme_that_is_none_is_told(broker: Broker) -> None:
    with pytest.raises(UsageError, match="theme: 'pink' is none of dark, light, contrast"):
        AqueTop(session(broker, theme="pink"))


@pytest.mark.parametrize("name", THEMES)
def test_each_theme_has_all_colours(broker: Broker, name: str) -> None:
    """One that lacks a variable that the styles name does not open at all."""
    submit(broker, "true")

    async def looks(pilot: Pilot[Any]) -> None:
        for keys in (["x"], ["escape", "enter", "D"], ["escape", "o"], ["escape", "2"], ["question_mark"]):
            await pilot.press(*keys)
            await pilot.pause()
        assert pilot.app.is_running

    play(broker, looks, theme=name)


def test_a_key_of_ones_own(broker: Broker) -> None:
    """It takes the place of the old one, in the help as well."""
    submit(broker, "true")

    async def presses(pilot: Pilot[Any]) -> None:
        await pilot.press("x")
        await pilot.pause(0.3)
        assert not isinstance(pilot.app.screen, KillDialog)
        await pilot.press("K")
        await until(pilot, lambda: isinstance(pilot.app.screen, KillDialog))
        await pilot.press("escape", "question_mark")
        await until(pilot, lambda: any("Stop it" in line and " K " in line for line in shown(pilot).splitlines()))

    play(broker, presses, keys={"kill": "K"}, size=(80, 60))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"kil": "k"}, "no such command: kil "),
        ({"kill": "contrl+k"}, "kill: no such key: 'contrl+k'"),
        ({"kill": 3}, "kill: 3 is not a text"),
        ({"kill": "p"}, "kill and pause would share the key p"),
        ({"kill": "j"}, "kill and down would share the key j"),
        ({"wrap": "f"}, "follow and wrap would share the key f"),
    ],
)
def test_keys_that_will_not_do_are_told_in_a_line(given: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=re.escape(told)) as caught:
        keymap(given, contexts())
    assert "\n" not in str(caught.value)


def test_keys_may_be_exchanged() -> None:
    """What matters is what they mean in the end; and signs may be written as they are."""
    assert keymap({"pause": "r", "retry": "p,?", "help": "f1"}, contexts()) == {
        "pause": "r",
        "retry": "p,question_mark",
        "help": "f1",
    }


def test_the_mouse(broker: Broker) -> None:
    """A click takes the line, one on a heading sorts, one on a tab goes there, the wheel scrolls."""
    ids = submit(broker, *["true"] * 60)

    async def clicks(pilot: Pilot[Any]) -> None:
        await pilot.click(type(table(pilot)), offset=(20, 4))
        assert table(pilot).cursor_key == ids[-4]
        await pilot.click(type(table(pilot)), offset=(8, 0))
        await until(pilot, lambda: table(pilot).keys[0] == ids[0])
        await pilot.click("Tab.-tree")
        await until(pilot, lambda: pilot.app.current_mode == "tree")

    play(broker, clicks)


@pytest.mark.parametrize("size", [(40, 10), (20, 6), (80, 24), (300, 100)])
def test_any_size(broker: Broker, size: tuple[int, int]) -> None:
    """Nothing breaks, and what was marked with the cursor is still seen after a change."""
    ids = submit(broker, *["true"] * 60)

    async def run() -> None:
        async with opened(broker, (110, 20)) as pilot:
            await pilot.press(*["down"] * 12)
            await pilot.resize_terminal(*size)
            await until(pilot, lambda: str(ids[-13]) in shown(pilot))
            for keys in (["enter"], ["D"], ["escape"], ["o"], ["escape"], ["x"], ["escape"], ["question_mark"]):
                await pilot.press(*keys)
                await pilot.pause()
            await pilot.resize_terminal(110, 20)
            assert pilot.app.is_running

    asyncio.run(run())
