"""The head of each screen says all that there is room for, from the first moment on."""

from __future__ import annotations

import asyncio

import pytest

from aque.core.broker import Broker
from aque.tui.places import PLACES, Place
from tests.tui.scene import lines, opened, put_worker, submit, until


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_what_is_in_use_stands_in_the_head_of_each_screen(broker: Broker, place: Place) -> None:
    """It was cut to the width of what little was told before a screen had its size: mem and cpu were not to be seen."""
    put_worker(broker)
    submit(broker, "true")

    async def take() -> str:
        async with opened(broker, (124, 20), still=True) as pilot:
            await pilot.press(place.key)
            await until(pilot, lambda: pilot.app.current_mode == place.name and "1 worker" in lines(pilot)[1])
            return lines(pilot)[1]

    told = asyncio.run(take())
    assert " mem " in told
    assert told.split()[-3] == "cpu", told


def test_less_room_leaves_out_what_matters_less_at_once(broker: Broker) -> None:
    put_worker(broker)

    async def take() -> tuple[str, str]:
        async with opened(broker, (124, 20), still=True) as pilot:
            await until(pilot, lambda: "1 worker" in lines(pilot)[1])
            await pilot.resize_terminal(60, 20)
            await until(pilot, lambda: "1 worker" not in lines(pilot)[1])
            narrow = lines(pilot)[1]
            await pilot.resize_terminal(124, 20)
            await until(pilot, lambda: "1 worker" in lines(pilot)[1])
            return narrow, lines(pilot)[1]

    narrow, wide = asyncio.run(take())
    assert "cpu" in narrow
    assert "mem" in wide
