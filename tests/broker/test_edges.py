"""What becomes of a task whose dependency ends otherwise than it was to is chosen for each edge, and told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from aque.core.broker import Broker
from aque.core.queries import batches, steering
from aque.core.queries import kill as killing
from aque.core.selection import Selection
from aque.core.states import State
from aque.core.view import View
from aque.core.why import Why, explain
from tests.waiting import wait_for

from .backlog import register
from .test_retry import blockers, end, run


def submit(broker: Broker, *edges: Any) -> int:
    return broker.submit([{"func": "m:f", "user": "me", "dependencies": list(edges)}], {})[0]


def edge(task: int, otherwise: str, condition: str = "success") -> dict[str, Any]:
    return {"task": task, "condition": condition, "otherwise": otherwise}


def states(broker: Broker, *tasks: int) -> list[str]:
    return [{row.id: row.state for row in broker.tasks(tasks)}[task] for task in tasks]


def why(broker: Broker, task: int) -> Why:
    return broker.read(explain, [task])[0]


@pytest.fixture
def worker(broker: Broker) -> int:
    return broker.read(register)


@pytest.fixture
def failed(broker: Broker, worker: int) -> int:
    task = submit(broker)
    end(broker, run(broker, worker), State.ERROR)
    return task


@pytest.mark.parametrize("is_there_first", [False, True])
def test_each_edge_has_its_own_way(broker: Broker, worker: int, is_there_first: bool) -> None:
    """The same for what is submitted when the failure is known already."""
    first = submit(broker)
    captured = run(broker, worker)
    if is_there_first:
        end(broker, captured, State.ERROR)
    tasks = [submit(broker, edge(first, otherwise)) for otherwise in ("fail", "cancel", "wait")]
    if not is_there_first:
        end(broker, captured, State.ERROR)
    assert states(broker, *tasks) == ["error", "cancelled", "pending"]
    assert [broker.tasks([task])[0].error is None for task in tasks] == [False, False, True]


def test_who_waits_runs_when_a_retry_succeeds(broker: Broker, worker: int, failed: int) -> None:
    task = submit(broker, edge(failed, "wait"))
    assert broker.read(steering.retry, [failed], dry=False)
    end(broker, run(broker, worker), State.ERROR)
    assert (states(broker, task), blockers(broker, task)) == (["pending"], 1)
    broker.read(steering.retry, [failed], dry=False)
    end(broker, run(broker, worker), State.SUCCESS)
    assert run(broker, worker).id == task


def test_who_waits_for_a_failure_gets_it_from_a_retry(broker: Broker, worker: int) -> None:
    first = submit(broker)
    end(broker, run(broker, worker), State.SUCCESS)
    task = submit(broker, edge(first, "wait", "failure"))
    assert blockers(broker, task) == 1
    broker.read(steering.retry, [first], dry=False)
    end(broker, run(broker, worker), State.ERROR)
    assert run(broker, worker).id == task


def test_of_several_edges_one_that_ends_the_task_is_enough(broker: Broker, worker: int, failed: int) -> None:
    open_one = submit(broker)
    task = submit(broker, edge(failed, "wait"), edge(open_one, "cancel"))
    assert states(broker, task) == ["pending"]
    end(broker, run(broker, worker), State.ERROR)
    assert states(broker, task) == ["cancelled"]


def test_a_retry_revives_those_that_were_cancelled_because_of_it(broker: Broker, worker: int, failed: int) -> None:
    task = submit(broker, edge(failed, "cancel"))
    last = submit(broker, edge(task, "fail"))
    by_hand = submit(broker, edge(failed, "wait"))
    with broker.database.transaction() as conn:
        killing.kill(conn, [by_hand], 15, None, ends=True)
    assert states(broker, task, last, by_hand) == ["cancelled", "cancelled", "cancelled"]
    broker.read(steering.retry, [failed], dry=False)
    assert states(broker, failed, task, last) == ["pending", "pending", "pending"]
    assert states(broker, by_hand) == ["cancelled"], "it was somebody's wish"


def test_who_waits_can_be_retried_itself_and_keeps_what_it_needs(broker: Broker, failed: int) -> None:
    task = submit(broker, edge(failed, "wait"))
    with broker.database.transaction() as conn:
        killing.kill(conn, [task], 15, None, ends=True)
    (found,) = broker.read(steering.retry, [task], dry=False)
    assert (found.refusal, states(broker, task), blockers(broker, task)) == (None, ["pending"], 1)
    (kept,) = broker.read(steering.remove, [failed], dry=False)
    assert kept.refusal == "needed"


def test_it_is_told_that_only_a_retry_helps(broker: Broker, failed: int) -> None:
    other = submit(broker)
    task = submit(broker, edge(failed, "wait"))
    both = submit(broker, edge(failed, "wait"), edge(other, "cancel", "complete"))
    found = why(broker, task)
    assert (found.reasons[0].name, found.short) == ("dependencies", f"needs {failed}, which is error")
    assert found.reasons[0].text == f"It waits for {failed}, which is error: only a retry can change that."
    assert f"`aque retry {failed}` runs that again, `aque kill {task}`" in found.reasons[0].remedy
    assert [(need.id, need.state, need.otherwise) for need in found.needs] == [(failed, "error", "wait")]
    assert f"{other} (pending, however it ends, or it is cancelled)" in why(broker, both).reasons[0].text
    assert broker.tasks([task])[0].reason[0] == "dependencies"


def test_a_kill_does_not_count_those_that_would_wait(broker: Broker) -> None:
    first = submit(broker)
    submit(broker, edge(first, "wait"))
    task = submit(broker, edge(first, "cancel"))
    with broker.database.connection() as conn:
        assert conn.execute("select aque.fallout(%s)", [[first]]).fetchall() == [(task,)]


def test_trees_have_the_choice(broker: Broker, failed: int) -> None:
    task = submit(broker, edge(failed, "wait", "complete"))
    tree = View(broker).tree(Selection.of([task]))
    assert [(line.condition, line.otherwise) for line in tree.lines()] == [("success", "fail"), ("complete", "wait")]


def test_who_is_let_go_needs_nothing_any_more_and_is_told_nothing_twice(broker: Broker, worker: int) -> None:
    """Else its count of blockers would be wrong for good: it would begin too early, or never."""
    first = submit(broker)
    task = submit(broker, edge(first, "wait"))
    broker.read(batches.waive, [task])
    assert blockers(broker, task) == 0
    broker.read(batches.waive, [task])
    assert blockers(broker, task) == 0
    broker.withdraw([first])
    assert (states(broker, task), blockers(broker, task)) == (["pending"], 0)


def test_who_is_let_go_keeps_what_was_met_and_what_is_over(broker: Broker, failed: int) -> None:
    task = submit(broker, edge(failed, "wait"), edge(failed, "wait", "complete"))
    ended = submit(broker)
    broker.withdraw([ended])
    broker.read(batches.waive, [task, ended])
    assert (blockers(broker, task), states(broker, ended)) == (0, ["cancelled"])


def test_who_is_let_go_while_what_it_needs_ends_is_counted_once(broker: Broker, worker: int) -> None:
    first = submit(broker)
    task = submit(broker, edge(first, "wait"))
    with ThreadPoolExecutor() as pool:
        with broker.database.transaction() as conn:
            conn.execute("select from aque.kill(%s, 15::smallint, 0::real, true)", [[first]])
            waived = pool.submit(broker.read, batches.waive, [task])
            wait_for(lambda: waits_for_a_lock(broker), 30)
        waived.result(30)
    assert (states(broker, task), blockers(broker, task)) == (["pending"], 0)


def waits_for_a_lock(broker: Broker) -> bool:
    with broker.database.source.connect() as conn:
        found = conn.execute("select from pg_stat_activity where wait_event_type = 'Lock'").fetchone()
    return found is not None
