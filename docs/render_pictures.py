"""Draws docs/pictures/*.svg: the screens of `aque top` over a farm of `docs/farm.py`: `make pictures`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from tests.snapshots import normal  # before Textual: it settles what pictures depend on

# isort: split
from farm import Farm, farm
from textual.pilot import Pilot

from tests.tui.scene import opened, picture, shown, until

FOLDER: Final = Path(__file__).with_name("pictures")
WIDTH: Final = 124
Pose = Callable[[Pilot[Any]], Awaitable[None]]


async def _press(pilot: Pilot[Any], keys: str, sign: str) -> None:
    await pilot.press(*keys.split())
    await until(pilot, lambda: sign in shown(pilot), 60)


def pose(*steps: tuple[str, str]) -> Pose:
    """Press keys, and wait for what they bring."""

    async def take(pilot: Pilot[Any]) -> None:
        for keys, sign in steps:
            await _press(pilot, keys, sign)

    return take


def typed(text: str) -> tuple[str, str]:
    """Type a filter, and wait until it is done with."""
    keys = " ".join({":": "colon", "-": "minus", " ": "space", '"': "quotation_mark"}.get(each, each) for each in text)
    return f"1 slash ctrl+u {keys} enter", "1 match"


POSES: Final[dict[str, tuple[int, Pose]]] = {
    "tasks": (30, pose(("1", "dunes"), ("j j j j", "dunes"))),
    "tree": (30, pose(("2", "shot dunes"), ("j j j plus", "dunes-20"))),
    "workers": (10, pose(("3", "rowan"))),
    "groups": (14, pose(("4", "shot dunes"))),
    "pulse": (30, pose(("5", "CPUS IN USE"))),
    "events": (14, pose(("6", "priority"))),
    "detail": (30, pose(typed("name:harbour-06"), ("enter", "exit_code"))),
    "why": (14, pose(("escape", "1 match"), typed('name:"train tides"'), ("w", "gpu"))),
    "kill": (24, pose(("escape", "1 match"), typed("name:dunes-01"), ("x", "Kill at once"), ("r", "what needs them"))),
    "log": (
        20,
        pose(("escape", "1 match"), typed("name:lighthouse-03"), ("o t", "noise"), ("slash 2 8 enter", "/ 28")),
    ),
}


async def draw(made: Farm) -> None:
    """All pictures, one after the other in one screen."""
    async with opened(made.broker, size=(WIDTH, 30)) as pilot:
        for name, (height, take) in POSES.items():
            await pilot.resize_terminal(WIDTH, height)
            await take(pilot)
            (FOLDER / f"{name}.svg").write_text(normal(await picture(pilot)), "utf-8")


def main() -> None:
    """Have a farm, and draw."""
    FOLDER.mkdir(exist_ok=True)
    with farm() as made:
        asyncio.run(draw(made))


if __name__ == "__main__":
    main()
