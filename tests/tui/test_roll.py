"""The ids of a list of tasks: the last of them at each look, all now and then."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aque.core.broker import Broker
from aque.core.monitor import Monitor
from aque.core.selection import Selection
from aque.tui.keys import Keys
from aque.tui.roll import Roll
from tests.tui.scene import submit

MANY = 1200  # more than the last that are read at each look


@pytest.fixture
def ids(broker: Broker) -> list[int]:
    return submit(broker, *["true"] * MANY, hold=True)


@pytest.fixture
def roll(broker: Broker) -> Iterator[Roll]:
    monitor = Monitor(broker)
    yield Roll(monitor, Selection(), newest_first=False)
    monitor.close()


def listed(keys: Keys) -> list[int]:
    return [keys[index] for index in range(len(keys))]


def test_where_nothing_changed_nothing_is_made_anew(roll: Roll, ids: list[int]) -> None:
    """A table takes other keys for another order: it would find its cursor among a million, twice a second."""
    assert len(roll.refresh()) < MANY  # a first page, for the eye
    found = roll.refresh()
    assert listed(found) == ids
    assert roll.refresh() is found


def test_what_comes_and_goes_at_the_end_is_seen_at_the_next_look(roll: Roll, ids: list[int], broker: Broker) -> None:
    """All ids were just read, and are not read again for this."""
    for _ in range(3):
        roll.refresh()
    (new,) = submit(broker, "true", hold=True)
    with broker.database.connection() as conn:
        conn.execute("delete from aque.task where id = %s", [ids[-5]])
    assert listed(roll.refresh()) == [each for each in (*ids, new) if each != ids[-5]]


def test_all_are_read_where_something_was_done(roll: Roll, ids: list[int], broker: Broker) -> None:
    for _ in range(3):
        roll.refresh()
    with broker.database.connection() as conn:
        conn.execute("delete from aque.task where id = %s", [ids[3]])
    roll.expire()
    assert listed(roll.refresh()) == [each for each in ids if each != ids[3]]
