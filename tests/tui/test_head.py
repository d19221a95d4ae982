"""The head of each screen says all that there is room for, from the first moment on."""

from __future__ import annotations

import asyncio

import pytest

from aque.core.broker import Broker
from aque.tui.headroom import chosen
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


TABS = [f"{place.key} {place.title}" for place in PLACES]


@pytest.mark.parametrize(
    ("width", "place", "remark", "look", "named"),
    [
        (120, "postgresql://ada@db.farm.example/aque?sslmode=require", "", "roomy", "db.farm.example/aque"),
        (80, "postgresql://ada@db.farm.example/aque", "", "close", "db/aque"),
        (80, "postgresql://10.1.2.3:5433/aque", "", "close", "10.1.2.3/aque"),
        (80, "postgresql://10.11.12.13:5433/aque", "read-only", "narrow", "10.11.12.13:5433/aque"),
        (80, "embedded:", "", "close", "embedded:"),
        (80, "embedded:/home/ada/.local/share/aque", "", "close", "embedded:…/aque"),
        (40, "embedded:/home/ada/.local/share/aque", "", "tiny", "…/aque"),
        (30, "embedded:/home/ada/.local/share/aque", "dependencies below", "tiny", ""),
    ],
)
def test_the_broker_has_a_name_that_can_be_read(width: int, place: str, remark: str, look: str, named: str) -> None:
    """At 80 columns it was `e…` beside the titles of the tabs: nobody could tell the farm from their own machine."""
    found = chosen(width, TABS, place, remark)
    assert (found[0].name, found[1]) == (look, named)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_what_the_first_line_has_room_for_is_there_as_a_whole(broker: Broker, width: int) -> None:
    """The clock was cut where a line was too short for all."""

    async def take() -> tuple[str, str]:
        async with opened(broker, (width, 12), still=True) as pilot:
            named = chosen(width, TABS, pilot.app.session.place, "")[1]
            await until(pilot, lambda: named in lines(pilot)[0])
            return lines(pilot)[0].rstrip(), named

    line, named = asyncio.run(take())
    assert named
    assert line.endswith(named if width == 40 else f"{named}  12:00:00")
