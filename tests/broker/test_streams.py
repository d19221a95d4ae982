"""Submission of any length: nothing twice, all or none, and no more than a part of it in memory."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

import aque
from aque.core.broker import Broker
from aque.core.graph import Graph
from aque.core.task import result_of
from tests import work


@pytest.fixture
def queue(broker: Broker) -> aque.Queue:
    return aque.Queue(broker=broker)


def _count(broker: Broker) -> int:
    with broker.database.connection() as conn:
        row = conn.execute("select count(*) from aque.task").fetchone()
    assert row
    return int(row[0])


def test_a_stream_is_stored_whole_in_order(queue: aque.Queue, broker: Broker) -> None:
    ids = queue.store_many({"func": work.add, "args": [n, 1], "priority": n % 3} for n in range(6001))
    assert list(ids) == sorted(ids)
    assert _count(broker) == 6001
    rows = {row.id: row for row in broker.tasks([ids[0], ids[4000], ids[6000]])}
    assert [rows[task].args for task in sorted(rows)] == ["[0, 1]", "[4000, 1]", "[6000, 1]"]


def test_parts_that_are_larger_than_what_a_socket_takes_are_sent_to_their_ends(
    queue: aque.Queue, broker: Broker
) -> None:
    """The driver would wait for an answer while the server waits for the rest of the last part."""
    long = "x" * 2000
    queue.store_many({"func": work.add, "args": [long, n]} for n in range(4100))
    assert _count(broker) == 4100


def test_a_prototype_that_is_met_again_much_later_is_the_same_task(queue: aque.Queue, broker: Broker) -> None:
    shared: dict[str, Any] = {"func": work.add, "args": [0, 0], "name": "shared"}

    def stream() -> Iterator[dict[str, Any]]:
        for n in range(5000):
            yield {"func": work.add, "args": [result_of(shared), n]}
        yield shared

    ids = queue.store_many(stream())
    assert _count(broker) == 5001
    last = broker.tasks([ids[4999]])[0]
    assert last.blockers == 1
    assert f'"$result": {ids[-1]}' in (last.args or "")


def test_an_error_late_in_a_stream_leaves_nothing_behind(queue: aque.Queue, broker: Broker) -> None:
    def stream() -> Iterator[dict[str, Any]]:
        for n in range(5000):
            yield {"func": work.add, "args": [n, 1]}
        yield {"pattern": "shell"}

    with pytest.raises(aque.UsageError):
        queue.submit_many(stream())
    assert _count(broker) == 0


def test_a_missing_dependency_early_in_a_stream_leaves_nothing_behind(queue: aque.Queue, broker: Broker) -> None:
    with pytest.raises(aque.DependencyResolutionError, match="999999999"):
        queue.store_many({"func": work.add, "dependencies": [999_999_999] if n == 1 else []} for n in range(5000))
    assert _count(broker) == 0


def test_one_graph_larger_than_a_part_is_stored_whole(queue: aque.Queue, broker: Broker) -> None:
    leaves = [{"func": work.add, "args": [n, 1]} for n in range(4500)]
    queue.submit_many([{"pattern": "group", "dependencies": leaves}])
    assert _count(broker) == 4501
    assert broker.tasks(limit=1)[0].blockers == 4500


def test_a_dependent_in_a_stream_of_what_has_failed_ends_at_once(queue: aque.Queue, broker: Broker) -> None:
    gone = queue.store_many([{"func": work.add}])[0]
    broker.kill([gone])
    ids = queue.store_many({"func": work.add, "dependencies": [gone] if n % 2 else []} for n in range(4000))
    rows = broker.tasks(ids[3998:])
    assert {row.id: row.state for row in rows} == {ids[3998]: "pending", ids[3999]: "cancelled"}


def test_the_same_prototype_twice_is_one_future(queue: aque.Queue) -> None:
    given = {"func": work.add, "args": [1, 2]}
    one, other = queue.submit_many([given, given])
    assert one is other


def test_memory_stays_flat(queue: aque.Queue) -> None:
    """Only the ids grow."""
    queue.store_many({"func": work.add, "args": [n, 1]} for n in range(2001))
    gc.collect()
    peaks = []
    for count in (12_000, 48_000):
        tracemalloc.start()
        queue.store_many({"func": work.add, "args": [n, "x" * 100]} for n in range(count))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.3


def test_a_graph_keeps_what_others_hold_and_forgets_the_rest() -> None:
    graph, held = Graph(), {"name": "held"}
    graph.add([held, {"name": "nobody's"}])
    graph.forget()
    nodes, places = graph.add([held, {"name": "new"}])
    assert [node.given["name"] for node in nodes] == ["new"]
    assert places == [0, 2]


def test_an_environment_that_is_no_utf8_is_stored_as_it_is(queue: aque.Queue, broker: Broker) -> None:
    queue.store_many([{"func": work.add, "environ": {"NAME": "a\udc80"}}])
    with broker.database.connection() as conn:
        row = conn.execute("select vars from aque.environ").fetchone()
    assert row
    assert json.loads(row[0])["NAME"] == "a\udc80"
