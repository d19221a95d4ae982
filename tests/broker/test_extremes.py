"""Values at the ends of their ranges: one task that has them spoils nothing for others."""

from __future__ import annotations

import json

import pytest

from aque.core.account import account
from aque.core.broker import Broker
from aque.core.child.codec import decode
from aque.core.db.source import Connection
from aque.core.errors import UsageError
from aque.core.queries import registry, steering, work
from aque.core.selection import Selection
from aque.core.states import State
from aque.core.view import View
from tests import work as work_of_tests
from tests.waiting import wait_for
from tests.work import running_worker

from .backlog import register, submit
from .test_retry import end, run

_MOST_RUNS = 32767


def test_the_smallest_part_of_a_cpu_is_claimed(broker: Broker, conn: Connection) -> None:
    """How often it fits is more than a number of its size can hold."""
    task = submit(broker, cpus=1e-38)
    assert [each.id for each in work.claim(conn, register(conn), 8.0, 0, 10)] == [task]


def test_nothing_comes_behind_the_least_priority(broker: Broker, conn: Connection) -> None:
    """It does not fit beside what a place is kept for, and there is no priority below it to go on with."""
    worker = register(conn, cpus=2, memory=0)
    first = submit(broker, duration=1000)
    assert [each.id for each in work.claim(conn, worker, 2, 0, 1)] == [first]
    submit(broker, cpus=2, priority=2000)
    submit(broker, priority=-(2**31))
    assert work.claim(conn, worker, 1, 0, 10) == []


@pytest.mark.parametrize("is_lost", [True, False])
def test_the_most_retries_keep_no_run_from_being_given_back(broker: Broker, is_lost: bool) -> None:
    """A worker that died could not be buried any more, nor its tasks run again."""
    worker = broker.read(register)
    (task,) = broker.submit([{"func": "m:f", "user": "me", "retries": _MOST_RUNS}], {})
    captured = run(broker, worker)
    if is_lost:
        broker.read(registry.forsake, [worker])
    else:
        broker.read(work.release, [(task, captured.lease)])
    assert broker.tasks([task])[0].state == State.PENDING


def test_the_most_retries_can_be_edited_and_retried(broker: Broker) -> None:
    worker = broker.read(register)
    (task,) = broker.submit([{"func": "m:f", "user": "me", "retries": _MOST_RUNS}], {})
    end(broker, run(broker, worker), State.SUCCESS)
    broker.read(steering.retry, [task], dry=False)
    with broker.database.connection() as conn:
        conn.execute("select aque.edit(%s, %s, false)", [[task], json.dumps({"retries": _MOST_RUNS})])
    assert run(broker, worker).attempt == 2


@pytest.mark.parametrize("is_lost", [True, False])
def test_the_last_run_that_can_be_counted_is_not_followed_by_another(broker: Broker, is_lost: bool) -> None:
    """Every claim of every worker would fail on the task."""
    worker = broker.read(register)
    (task,) = broker.submit([{"func": "m:f", "user": "me", "retries": _MOST_RUNS}], {})
    with broker.database.connection() as conn:
        conn.execute("update aque.task set attempt = %s where id = %s", [_MOST_RUNS - 1, task])
    captured = run(broker, worker)
    if is_lost:
        broker.read(registry.forsake, [worker])
    else:
        end(broker, captured, State.ERROR)
    assert broker.tasks([task])[0].state == State.ERROR
    with pytest.raises(UsageError, match="submit it anew"):
        broker.read(steering.retry, [task], dry=False)


def test_arguments_that_are_nested_too_deep_are_an_error_of_their_task_alone(broker: Broker) -> None:
    """Whoever writes SQL can store them, and a worker that cannot read them goes on."""
    (task,) = broker.submit(
        [{"pattern": "shell", "args": ["true"], "cwd": "/", "environ": {}, "hold": True, "user": account()}], {}
    )
    with broker.database.connection() as conn:
        conn.execute("update aque.spec set args = %s where task_id = %s", ["[" * 5000 + "]" * 5000, task])
    broker.read(steering.move, [task], State.PAUSED, State.PENDING, dry=False)
    with running_worker(broker):
        wait_for(lambda: broker.tasks([task])[0].state == State.ERROR)
    assert "recursion" in str(broker.tasks([task])[0].error)


@pytest.mark.parametrize("text", ["\\u0000", "\\\\ud800", "\udcff", "\0"])
def test_arguments_that_look_like_what_cannot_be_stored_are_stored(broker: Broker, text: str) -> None:
    (task,) = broker.submit([{"func": "m:f", "args": [text], "user": "me"}], {})
    assert decode(broker.tasks([task])[0].args or "") == [text]


def test_a_command_that_is_no_utf8_and_is_not_found_can_be_looked_for(broker: Broker) -> None:
    """Its error holds its name, and every list that asks for errors reads that."""
    command = {"pattern": "shell", "args": ["no-such-\udcff"], "cwd": "/", "environ": {}, "user": account()}
    (task,) = broker.submit([command], {})
    with running_worker(broker):
        wait_for(lambda: broker.tasks([task])[0].state == State.ERROR)
    assert _found(broker, "no-such") == [task]


@pytest.mark.parametrize("value", [r'"\u0000"', r'{"a": ["\ud800"]}', r'{"\u0000": 1}', r'"\\u0000"'])
def test_an_error_that_a_task_made_up_spoils_no_list(broker: Broker, value: str) -> None:
    """The server reads all of an error to find its message, and fails on what no text holds."""
    told = f'{{"error": {{"message": "made up", "value": {value}}}}}'
    (task,) = broker.submit([{"func": work_of_tests.tell, "args": [told], "user": account()}], {})
    with running_worker(broker):
        wait_for(lambda: broker.tasks([task])[0].state == State.ERROR)
    assert _found(broker, "made") == [task]


def _found(broker: Broker, text: str) -> list[int]:
    return [each.id for each in View(broker).page(Selection.of(text=f"error~{text}")).rows]
