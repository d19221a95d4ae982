"""A worker's turn wakes others for what it leaves them, and for nothing else."""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aque.core import farm
from aque.core.alarm import wait_ready
from aque.core.broker import Broker
from aque.core.db.source import Connection
from aque.core.queries import registry
from aque.core.queue import Queue
from aque.core.selection import Selection
from aque.core.states import State
from aque.core.steering import Steering
from tests.waiting import wait_for
from tests.work import running_worker

from .backlog import register, submit
from .hands import Hand, hands

_SHARED = {"func": "operator:add", "args": [1, 2], "isolation": "shared"}
_TAGS = ("a", "b", "c")


@pytest.fixture
def heard(broker: Broker) -> Iterator[Callable[[], int]]:
    """How often one who sleeps, and could run anything, was woken so far."""
    with broker.database.source.connect() as conn:
        registry.set_idle(conn, register(conn, user="", cpus=1), True)
        conn.execute("update aque.worker set any_user = true")
        conn.execute("listen aque_work")
        notices: list[str] = []

        def count() -> int:
            notices.extend(each.payload for each in conn.notifies(timeout=0))
            return len(notices)

        yield count


def test_a_chain_wakes_nobody_but_who_runs_it(broker: Broker, heard: Callable[[], int]) -> None:
    chain: list[dict[str, Any]] = [dict(_SHARED)]
    for _ in range(29):
        chain.append({**_SHARED, "dependencies": [chain[-1]]})
    with running_worker(broker):
        assert [each.result(60) for each in Queue(broker=broker).submit_many(chain)] == [3] * 30
    assert heard() == 1, "it was to hear of the submission"


def test_of_single_tasks_each_is_told_once(broker: Broker, heard: Callable[[], int]) -> None:
    queue = Queue(broker=broker)
    with running_worker(broker):
        for _ in range(20):
            assert queue.submit_many([_SHARED])[0].result(60) == 3
    assert heard() == 20, "it was to hear of each submission, and of no end"


def test_what_needs_others_is_told_only_when_it_is_ready(broker: Broker, heard: Callable[[], int]) -> None:
    first = submit(broker, tags="nobody")
    submit(broker, dependencies=[first])
    assert heard() == 0


def limited(broker: Broker) -> None:
    farm.set_limit(broker, "small", 1)
    submit(broker, limits="small", priority=2000, tags="a")
    submit(broker, limits="small", tags="b")


def narrow(broker: Broker) -> None:
    farm.limit(broker, ["narrow"], 1)
    submit(broker, queue="narrow", priority=2000, tags="a")
    submit(broker, queue="narrow", tags="b")


def elsewhere(broker: Broker) -> None:
    first = submit(broker, tags="a")
    submit(broker, dependencies=[first], tags="b")


def fan(broker: Broker) -> None:
    first = submit(broker, tags="a")
    broker.submit([{"func": "m:f", "dependencies": [first]} for _ in range(3)], {})


def wide(broker: Broker) -> None:
    """More than are told by their ids."""
    first = submit(broker, tags="a")
    broker.submit([{"func": "m:f", "dependencies": [first]} for _ in range(1100)], {})


def failing(broker: Broker) -> None:
    first = submit(broker, tags="a")
    submit(broker, dependencies=[(first, "complete")], tags="b")


_LEFT: dict[str, tuple[Callable[[Broker], None], State | None]] = {
    "units of a limit": (limited, State.SUCCESS),
    "units of a limit, unrun": (limited, None),
    "a place in a queue": (narrow, State.ERROR),
    "a task that only another can run": (elsewhere, State.SUCCESS),
    "a task that needs an end": (failing, State.ERROR),
    "more than it takes": (fan, State.SUCCESS),
    "many": (wide, State.SUCCESS),
}


@pytest.mark.parametrize("name", _LEFT)
def test_others_are_woken_where_a_turn_leaves(broker: Broker, name: str) -> None:
    prepare, end = _LEFT[name]
    with hands(broker, (1.0, "a")) as (busy,):
        prepare(broker)
        busy.turn()
        with hands(broker, (1.0, "b")) as (sleeper,):
            assert not sleeper.runs
            busy.pace.is_ending = end is None  # else it would take it again
            busy.turn(*((run, end) for run in busy.runs))
            wait_for(lambda: sleeper.is_woken, message="nobody was woken")
            assert sleeper.misses()


def test_who_takes_what_another_makes_room_for_lets_that_go_on(broker: Broker) -> None:
    with hands(broker, (2.0, "a")) as (narrow,):
        small = [submit(broker) for _ in range(2)]
        narrow.turn()
        big = submit(broker, cpus=2, priority=3000)
        small.append(submit(broker))
        narrow.turn((narrow.runs[0], State.SUCCESS))
        assert [run.task.id for run in narrow.runs] == small[1:2], "its other cpu is kept for the big task"
        with hands(broker, (2.0, "b")) as (other,):
            assert [run.task.id for run in other.runs] == [big]
            wait_for(lambda: narrow.is_woken, message="it makes room for a task that another runs")
            narrow.turn()
            assert [run.task.id for run in narrow.runs] == small[1:]


def test_who_makes_ready_what_waited_for_its_time_tells_of_what_it_leaves(broker: Broker, conn: Connection) -> None:
    with hands(broker, (1.0, "a"), (1.0, "b")) as (first, second):
        broker.submit([{"func": "m:f", "run_at": "2100-01-01T00:00:00Z"} for _ in range(2)], {})
        conn.execute("update aque.task set run_at = clock_timestamp()")
        assert not second.is_woken
        first.turn()
        assert len(first.runs) == 1
        wait_for(lambda: second.is_woken, message="nobody was woken")
        assert second.misses()


def test_what_a_submission_ties_is_told_with_it(broker: Broker, conn: Connection) -> None:
    """It is locked meanwhile: who looks for work just then passes it by, and falls asleep."""
    with hands(broker, (1.0, "a")) as (sleeper,):
        needed = submit(broker, hold=True)
        conn.execute("update aque.task set state = 'pending' where id = %s", [needed])
        assert not sleeper.is_woken
        submit(broker, dependencies=[needed], tags="nobody")
        wait_for(lambda: sleeper.is_woken, message="nobody was woken")
        assert [each.id for each in sleeper.misses()] == [needed]


def _fields(draw: st.DataObject, before: list[int]) -> dict[str, Any]:
    """A task that may need some of those before it, a tag, a limit, a place in a queue, or more cpus than most have."""
    needs = draw.draw(st.lists(st.sampled_from(before), max_size=2, unique=True)) if before else []
    return {
        "func": "m:f",
        "dependencies": [(each, draw.draw(st.sampled_from(("success", "complete", "failure")))) for each in needs],
        "tags": draw.draw(st.sampled_from(("", *_TAGS))),
        "limits": draw.draw(st.sampled_from(("", "", "", "one", "one two"))),
        "queue": draw.draw(st.sampled_from(("default", "default", "default", "narrow"))),
        "cpus": draw.draw(st.sampled_from((1, 1, 2, 3))),
        "priority": draw.draw(st.sampled_from((1000, 1000, 2000))),
        "retries": draw.draw(st.sampled_from((0, 0, 1))),
        "retry_delay": 0,
    }


def _submit(draw: st.DataObject, broker: Broker, ids: list[int], crew: list[Hand]) -> None:
    for _ in range(draw.draw(st.integers(1, 4))):
        ids += broker.submit([_fields(draw, ids[-8:])], {})


def _turn(draw: st.DataObject, broker: Broker, ids: list[int], crew: list[Hand]) -> None:
    hand = draw.draw(st.sampled_from([each for each in crew if each.runs] or crew))
    ends = st.sampled_from((State.SUCCESS, State.SUCCESS, State.SUCCESS, State.ERROR, None))
    count = draw.draw(st.integers(1, 3))
    hand.turn(*((run, draw.draw(ends)) for run in hand.runs[:count]))


def _pause(draw: st.DataObject, broker: Broker, ids: list[int], crew: list[Hand]) -> None:
    if ids:
        Steering(broker).pause(Selection.of([draw.draw(st.sampled_from(ids))]))


def _resume(draw: st.DataObject, broker: Broker, ids: list[int], crew: list[Hand]) -> None:
    if ids:
        Steering(broker).resume(Selection.of(ids))


def _set_limit(draw: st.DataObject, broker: Broker, ids: list[int], crew: list[Hand]) -> None:
    farm.set_limit(broker, draw.draw(st.sampled_from(("one", "two"))), draw.draw(st.integers(0, 3)))


_ACTS = (_submit, _submit, _turn, _turn, _turn, _turn, _pause, _resume, _set_limit)


def _rest(crew: list[Hand]) -> None:
    """Whoever is woken looks, until all sleep; who sleeps while there is something for it must have been woken."""
    while left := [each for each in crew if each.is_woken or each.misses()]:
        for each in left:
            wait_for(lambda: each.is_woken or not each.misses(), 5, "it sleeps, and there is work for it")  # noqa: B023
            each.turn()


@given(draw=st.data())
@settings(max_examples=25)
def test_nobody_sleeps_who_could_work(shared_broker: Broker, draw: st.DataObject) -> None:
    with shared_broker.database.connection() as conn:
        conn.execute("truncate aque.task, aque.spec, aque.dependency, aque.attempt, aque.reservation")
    farm.limit(shared_broker, ["narrow"], 2)
    for name in ("one", "two"):
        farm.set_limit(shared_broker, name, 2)
    ids: list[int] = []
    with hands(shared_broker, (1.0, "a"), (2.0, "b"), (3.0, "c")) as crew:
        for _ in range(25):
            draw.draw(st.sampled_from(_ACTS))(draw, shared_broker, ids, crew)
            _rest(crew)


def toil(url: str, tag: str, seed: int) -> None:
    """Ends what it runs one by one, and sleeps for good unless it is woken."""
    chance = random.Random(seed)
    with Broker(url) as broker, hands(broker, (3.0, tag)) as (hand,):
        while True:
            if runs := hand.runs:
                run = chance.choice(runs)
                hand.turn((run, State.ERROR if run.task.attempt == 1 and chance.random() < 0.3 else State.SUCCESS))
            elif not hand.is_woken:
                wait_ready([hand.session.wire.fileno()], 600)
            else:
                hand.turn()


_CALL = {"func": "m:f", "retries": 3, "retry_delay": 0}


def _ties(chance: random.Random) -> list[dict[str, Any]]:
    """Chains that go from one worker to another, and a fan."""
    made: list[dict[str, Any]] = []
    for _ in range(6):
        link = {**_CALL, "tags": chance.choice(_TAGS)}
        for _ in range(15):
            made.append(link)
            link = {**_CALL, "tags": chance.choice(_TAGS), "dependencies": [link]}
    first = {**_CALL, "tags": "a"}
    middle = [{**_CALL, "tags": chance.choice(("", *_TAGS)), "dependencies": [first]} for _ in range(60)]
    return [*made, first, *middle, {**_CALL, "tags": "b", "dependencies": middle}]


def _shares(chance: random.Random) -> list[dict[str, Any]]:
    """Tasks that share a limit, and a queue in which few run at once."""
    some = [{**_CALL, "tags": chance.choice(_TAGS), "limits": "one"} for _ in range(30)]
    return some + [{**_CALL, "tags": chance.choice(_TAGS), "queue": "narrow", "cpus": 2} for _ in range(30)]


@pytest.mark.parametrize("graph", [_ties, _shares])
def test_a_crowd_that_nothing_but_news_wakes_comes_to_an_end(broker: Broker, graph: Callable[..., Any]) -> None:
    """Were one of them not woken, what it alone can run, and all behind that, would wait for ever."""
    farm.set_limit(broker, "one", 1)
    farm.limit(broker, ["narrow"], 2)
    spawn = multiprocessing.get_context("spawn")
    crew = [spawn.Process(target=toil, args=(broker.to_url(), tag, n)) for n, tag in enumerate((*_TAGS, "a", "b"))]
    for each in crew:
        each.start()
    try:
        with broker.database.source.connect() as conn:
            sleeping = "select count(*) from aque.worker where idle"
            wait_for(lambda: conn.execute(sleeping).fetchone() == (len(crew),), 60)
            broker.submit(graph(random.Random(1)), {})
            left = "select count(*) from aque.task where state <> 'success'"
            wait_for(lambda: conn.execute(left).fetchone() == (0,), 60, "somebody was not woken")
    finally:
        for each in crew:
            each.terminate()
            each.join()
