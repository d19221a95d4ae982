"""Every key of the map is pressed, on a real broker, and does what it is for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from textual.pilot import Pilot

from aque.core.broker import Broker
from aque.tui.app import contexts
from aque.tui.commands import Command
from aque.tui.dialogs import ask, help, kill
from aque.tui.overlays import event
from aque.tui.widgets.filterbar import FilterBar
from tests.tui.key_scenes import SCENES
from tests.tui.scene import opened, until
from tests.tui.steps import Scene, Step

ELSEWHERE = {"q", "f10"}
"""They end all: see test_keys.py."""


@pytest.mark.parametrize("name", SCENES)
def test_each_key_does_something(broker: Broker, name: str) -> None:
    """What is to be seen after a key is not there before it."""
    scene = SCENES[name]
    scene.set_up(broker)

    async def run() -> None:
        async with opened(broker) as pilot:
            await pilot.press(*scene.way)
            await until(pilot, lambda: scene.there(pilot))
            await play(pilot, scene)

    asyncio.run(run())


async def play(pilot: Pilot[None], scene: Scene) -> None:
    home = type(pilot.app.screen)
    for number, step in enumerate(scene.steps, 1):
        try:
            await take(pilot, step)
            if step.then and number < len(scene.steps):
                await until(pilot, lambda: isinstance(pilot.app.screen, home))
        except AssertionError as error:
            error.add_note(f"at step {number}, key {step.key}")
            raise


async def take(pilot: Pilot[None], step: Step) -> None:
    await pilot.press(*step.first)
    await until(pilot, lambda: step.ready(pilot) and not step.sees(pilot))
    await pilot.press(step.key)
    await until(pilot, lambda: step.sees(pilot))
    await pilot.press(*step.then)


def declared() -> Iterator[Command]:
    """Every command that there is."""
    for context in contexts():
        yield from context
    overlays = (ask.Confirm, ask.AskText, ask.Choose, ask.Select, event.EventScreen, help.HelpScreen, kill.KillDialog)
    for home in (*overlays, FilterBar):
        yield from home.commands


def test_no_key_is_without_a_step() -> None:
    """A new key needs one in key_scenes.py."""
    pressed = {
        (command, step.key)
        for scene in SCENES.values()
        for step in scene.steps
        for command in scene.commands
        if step.key in command.keys.split(",")
    }
    missing = {
        f"{key} ({command.label}: {command.help})"
        for command in declared()
        for key in command.keys.split(",")
        if (command, key) not in pressed and key not in ELSEWHERE
    }
    assert missing == set()
