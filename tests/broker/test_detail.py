"""All that is known of a task, in one row."""

from __future__ import annotations

import json

from aque.core.broker import Broker
from aque.core.queries.detail import detail
from aque.core.states import State

from .backlog import register
from .test_retry import end, run


def test_a_detail_has_what_was_asked_for_and_what_came_of_it(broker: Broker) -> None:
    first = {"func": "m:f", "user": "me", "name": "first"}
    task = {
        "func": "m:f",
        "user": "me",
        "kwargs": {"a": [1]},
        "dependencies": [(first, "complete")],
        "cwd": "/tmp",
        "environ": {"TOKEN": "secret", "A": "b"},
        "stdin_value": "12345",
        "stdout": "/tmp/out",
        "retries": 1,
        "retry_delay": 0.1,
        "colour": "red",
    }
    one, two = broker.submit([first, task], {})
    worker = broker.read(register)
    end(broker, run(broker, worker), State.ERROR)
    end(broker, run(broker, worker), State.SUCCESS)
    needed, found = broker.read(detail, [one, two], broker.now())
    assert (found.row.id, found.row.state) == (two, "success")
    asked = found.asked
    assert (asked.cwd, asked.stdout, asked.stdin_size, asked.retry_delay) == ("/tmp", "/tmp/out", 5, 0.1)
    assert json.loads(asked.extra or "") == {"colour": "red"}
    assert set(asked.variables) >= {"A", "TOKEN"}
    assert asked.environ is None
    assert [(each.id, each.name, each.state, each.condition) for each in found.dependencies] == [
        (one, "first", "error", "complete")
    ]
    assert [each.id for each in needed.dependents] == [two]
    assert [(each.number, each.state, each.worker) for each in found.attempts] == [(1, "success", "w")]
    (with_values,) = broker.read(detail, [two], broker.now(), environ=True)
    assert json.loads(with_values.asked.environ or "")["TOKEN"] == "secret"


def test_details_come_in_the_order_of_the_ids_and_without_those_that_are_gone(broker: Broker) -> None:
    ids = list(broker.submit([{"func": "m:f", "user": "me"} for _ in range(3)], {}))
    found = broker.read(detail, [ids[2], 10**9, ids[0], ids[2]], broker.now())
    assert [each.row.id for each in found] == [ids[2], ids[0]]
