"""What wakes a run, and what waits until it looks: at hundreds of commands a second each turn counts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from aque.cli.xargs.feed import Feed, InputEnd, Ready
from aque.cli.xargs.inbox import Inbox
from aque.cli.xargs.job import Job
from aque.core.listener import Event
from aque.core.states import State

_SUCCESS = Event("task_status", State.SUCCESS, (range(1, 3),))


def _jobs(count: int) -> Iterator[Job]:
    return (Job((b"true",), (), seq) for seq in range(1, count + 1))


def test_a_patient_inbox_keeps_successes_until_somebody_looks() -> None:
    inbox = Inbox()
    inbox.is_patient = True
    inbox.hear(_SUCCESS)
    assert inbox.take(0.01) == [_SUCCESS]
    assert inbox.take(0) == []


@pytest.mark.parametrize(
    ("event", "is_patient"),
    [
        (_SUCCESS, False),
        (Event("task_status", State.ERROR, (range(1, 2),)), True),
        (Event("task_status", resync=True), True),
    ],
)
def test_what_may_change_the_run_wakes_it(event: Event, is_patient: bool) -> None:
    """A run that stops at the first failure would go on until its next look."""
    inbox = Inbox()
    inbox.is_patient = is_patient
    threading.Timer(0.05, inbox.hear, [event]).start()
    assert inbox.take(60) == [event]


def test_who_waits_for_commands_is_told_once_and_nobody_else() -> None:
    told: list[Any] = []
    is_over = threading.Event()

    def tell(message: Any) -> None:
        told.append(message)
        if isinstance(message, InputEnd):
            is_over.set()

    feed = Feed(_jobs(100), tell)
    feed.expect()
    feed.start()
    assert is_over.wait(60)
    assert told == [Ready(), InputEnd()]
    assert (len(feed.ready), feed.read) == (100, 100)
    feed.expect()
    assert told[2:] == [Ready()], "what was there already when the wait began"


def test_a_feed_reads_no_further_ahead_than_it_may_and_on_when_some_are_taken() -> None:
    is_over = threading.Event()
    feed = Feed(_jobs(2500), lambda message: is_over.set() if isinstance(message, InputEnd) else None)
    feed.start()
    while len(feed.ready) < 2000:
        assert not is_over.wait(0.001)
    assert not is_over.wait(0.05)
    assert feed.read == 2000
    for _ in range(500):
        feed.ready.popleft()
    feed.taken(500, 500 * Job((b"true",), (), 1).size)
    assert is_over.wait(60)
    feed.stop()
    assert not feed.ready, "nothing is run any more of what was read"
