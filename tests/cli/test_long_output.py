"""Tasks that write without end: head and tail are kept, bounded, with one mark between them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from aque.core.broker import Broker
from aque.core.errors import TaskError
from aque.core.futures import Future
from aque.core.queries.output import GAP, STREAMS, Place, pieces
from aque.core.queue import Queue
from aque.core.task import stdout_of
from tests import work
from tests.work import running_worker

from .conftest import Aque

LIMIT = 1 << 20
COUNT = "seq 1000000"  # 6,888,896 bytes
WRITTEN = 6_888_896


@pytest.fixture
def queue(broker: Broker) -> Iterator[Queue]:
    with running_worker(broker, output_limit=LIMIT):
        yield Queue(broker=broker)


def shell(queue: Queue, text: str, **fields: Any) -> Future:
    return queue.submit_many([{"pattern": "shell", "args": ["sh", "-c", text], **fields}])[0]


def stored(queue: Queue, task: int) -> tuple[bytes, int, bytes]:
    """Head, bytes that were left out, and tail."""
    found, place = [], Place(1)
    while more := queue.broker.read(pieces, {task: place}, streams=(GAP, *STREAMS)):
        found += more
        place = Place.after(more[-1])
    marks = [at for at, piece in enumerate(found) if piece.stream == GAP]
    assert len(marks) == 1
    head, tail = (b"".join(piece.data for piece in part) for part in (found[: marks[0]], found[marks[0] + 1 :]))
    return head, found[marks[0]].left_out, tail


def test_head_and_tail_are_stored_and_what_is_between_is_counted(queue: Queue) -> None:
    future = shell(queue, COUNT)
    future.result(60)
    head, left_out, tail = stored(queue, future.id)
    assert len(head) + left_out + len(tail) == WRITTEN
    assert len(head) + len(tail) <= LIMIT + (128 << 10)
    assert head.startswith(b"1\n2\n3\n")
    assert tail.endswith(b"\n999999\n1000000\n")


def test_what_fits_has_no_mark(queue: Queue) -> None:
    future = shell(queue, "head -c 1048576 /dev/zero")
    future.result(60)
    found = queue.broker.read(pieces, {future.id: Place(1)}, streams=(GAP, *STREAMS))
    assert {piece.stream for piece in found} == {1}
    assert sum(len(piece.data) for piece in found) == LIMIT


def test_people_and_programs_see_the_gap_once(queue: Queue, aque: Aque) -> None:
    future = shell(queue, COUNT)
    future.result(60)
    _, left_out, _ = stored(queue, future.id)
    shown = aque("output", str(future.id)).stdout.split("\n")
    assert [line for line in shown if "left out" in line] == [f"… {left_out / 2**20:.3g} MiB left out …"]
    assert shown[-2] == "1000000"
    told = [json.loads(line) for line in aque("output", "--json", str(future.id)).stdout.splitlines()]
    assert [each for each in told if "left_out" in each] == [{"id": future.id, "attempt": 1, "left_out": left_out}]
    assert "left out" in aque("output", "-e", str(future.id)).stdout


def test_a_dependent_does_not_get_half_of_an_output_for_the_whole(queue: Queue) -> None:
    long = {"pattern": "shell", "args": ["sh", "-c", COUNT]}
    short = {"pattern": "shell", "args": ["echo", "hello"]}
    bad, good = queue.submit_many(
        [{"func": work.count_lines, "args": [stdout_of(each)], "dependencies": [long, short]} for each in (long, short)]
    )
    with pytest.raises(TaskError, match="is not whole"):
        bad.result(60)
    assert good.result(60) == 1
