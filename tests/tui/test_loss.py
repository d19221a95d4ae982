"""A screen whose broker goes away, or does not answer."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from aque.core import embedded
from aque.core.broker import Broker
from tests.tui.scene import opened, shown, submit, table, until


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="aque-screen-") as folder:
        Path(folder).chmod(0o711)
        place = Path(folder) / "broker"
        embedded.ensure(place)
        yield place
        embedded.stop(place)


def feeders() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "aque-feeder"]


def test_a_lost_broker_leaves_the_screen_alive_and_comes_back(home: Path) -> None:
    """The rows stay, dimmed; a banner counts to the next try; and then new tasks are seen."""
    with Broker(embedded.url(home)) as broker:
        broker.database.initialise()
        submit(broker, "true", name="early")

        async def lives() -> None:
            async with opened(broker) as pilot:
                embedded.stop(home)
                await until(pilot, lambda: "next try in" in shown(pilot))
                assert table(pilot).has_class("-stale")
                assert "early" in shown(pilot)
                await pilot.press("down", "question_mark", "escape")
                embedded.ensure(home)
                await until(pilot, lambda: not table(pilot).has_class("-stale"))
                assert "next try" not in shown(pilot)
                submit(broker, "true", name="late")
                await until(pilot, lambda: "late" in shown(pilot))

        asyncio.run(lives())


def test_a_broker_that_does_not_answer_is_told_and_left_at_once(broker: Broker) -> None:
    """The screen waits for nobody: not while it is open, nor when it is closed."""
    submit(broker, "true")

    async def waits() -> None:
        with broker.database.transaction() as conn:
            async with opened(broker) as pilot:
                conn.execute("lock table aque.task in access exclusive mode")
                await until(pilot, lambda: "has not answered" in shown(pilot))
            assert feeders() == []  # though the table is locked

    asyncio.run(waits())
