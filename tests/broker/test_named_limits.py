"""Named limits: never more units in use than there are, whoever claims, and all of them in use where there is work."""

from __future__ import annotations

import multiprocessing
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aque.core import farm
from aque.core.broker import Broker
from aque.core.db.source import Connection
from aque.core.errors import UsageError
from aque.core.queries import kill, registry, work
from aque.core.queries.work import Captured, Outcome
from aque.core.queue import Queue
from aque.core.selection import Selection
from aque.core.states import State
from aque.core.steering import Steering
from tests.waiting import wait_for
from tests.work import running_worker

from .backlog import fill, info, nodes, plans, register, submit

_ANY = 1 << 40
_USED = "select name, used from aque.limits_used('{licence,gpu}') order by name"
_NOW = datetime.now(UTC).timestamp()


def claim(conn: Connection, worker: int, wanted: int = 100, cpus: float = 100.0) -> list[Captured]:
    return work.claim(conn, worker, cpus, _ANY, wanted)


def ids(runs: list[Captured]) -> list[int]:
    return [run.id for run in runs]


def end(conn: Connection, runs: list[Captured], state: State = State.SUCCESS) -> None:
    work.complete(conn, [Outcome(run.id, run.lease, state, _NOW, _NOW) for run in runs])


# Counting.


def claim_all(url: str, seed: int) -> tuple[int, int]:
    """Claim and end tasks until there are none; how many they were, and the most units that were in use."""
    chance = random.Random(seed)
    done = most = 0
    with Broker(url) as broker, broker.database.source.connect() as conn:
        worker = register(conn)
        left = "select exists (select from aque.task where state = 'pending')"
        while conn.execute(left).fetchone() == (True,):
            with conn.transaction():
                runs = claim(conn, worker, chance.randint(1, 4))
            used = dict(conn.execute(_USED).fetchall())
            assert used.get("licence", 0) <= 5, used
            assert used.get("gpu", 0) <= 3, used
            most = max(most, used.get("licence", 0))
            end(conn, runs)
            done += len(runs)
    return done, most


def test_many_processes_never_hold_more_than_there_is_and_come_to_hold_all(broker: Broker, conn: Connection) -> None:
    """Tasks that name one limit, the other, both, more of one, or none: nobody is in a deadlock."""
    farm.set_limit(broker, "licence", 5)
    farm.set_limit(broker, "gpu", 3)
    wishes = [{"licence": 1}, {"gpu": 1}, {"gpu": 2, "licence": 2}, {"licence": 3}, {}]
    chance = random.Random(1)
    made = [{"limits": chance.choice(wishes), "priority": chance.randint(1, 3)} for _ in range(500)]
    broker.submit([{"func": "m:f", "user": "me", **each} for each in made], {})
    url = broker.to_url()
    with ProcessPoolExecutor(6, multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(claim_all, [url] * 6, range(6)))
    assert sum(done for done, _ in found) == 500
    assert max(most for _, most in found) == 5


_WISHES = st.fixed_dictionaries({}, optional={"licence": st.integers(1, 3), "gpu": st.integers(1, 2)})
_SIZES = st.fixed_dictionaries({}, optional={"licence": st.integers(0, 4), "gpu": st.integers(0, 3)})


def served(order: list[tuple[int, dict[str, int]]], free: dict[str, int], sizes: dict[str, int]) -> list[int]:
    """Which tasks may run, best first: what one lacks that could have it one day is kept for it."""
    left, found = dict(free), list[int]()
    for task, wish in order:
        if all(amount <= left.get(name, 0) for name, amount in wish.items()):
            found.append(task)
        if all(amount <= sizes.get(name, 0) for name, amount in wish.items()):
            left.update({name: left[name] - amount for name, amount in wish.items()})
    return found


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    wishes=st.lists(st.tuples(st.integers(1, 3), _WISHES), min_size=1, max_size=15),
    sizes=_SIZES,
    wanted=st.lists(st.integers(1, 6), min_size=1, max_size=6),
    chance=st.randoms(use_true_random=False),
)
def test_limits_are_served_in_the_order_of_all(
    shared_broker: Broker,
    wishes: list[tuple[int, dict[str, int]]],
    sizes: dict[str, int],
    wanted: list[int],
    chance: random.Random,
) -> None:
    """Claim after claim, with some ends between, of two limits and of tasks that name one, both or none."""
    made = [{"func": "m:f", "user": "me", "priority": priority, "limits": wish} for priority, wish in wishes]
    with shared_broker.database.connection() as conn:
        conn.execute("truncate aque.task, aque.spec, aque.worker, aque.named_limit, aque.attempt")
        for name, size in sizes.items():
            farm.set_limit(shared_broker, name, size)
        asked = dict(zip(shared_broker.submit(made, {}), wishes, strict=True))
        order = sorted(asked, key=lambda task: (-asked[task][0], task))
        worker, running = register(conn), list[Captured]()
        for count in wanted:
            used = sum((Counter(asked[run.id][1]) for run in running), Counter[str]())
            free = {name: size - used[name] for name, size in sizes.items()}
            expected = served([(task, asked[task][1]) for task in order], free, sizes)[:count]
            found = claim(conn, worker, count)
            assert ids(found) == expected
            running += found
            order = [task for task in order if task not in expected]
            over = chance.sample(running, chance.randint(0, len(running)))
            end(conn, over)
            running = [run for run in running if run not in over]


def test_one_claim_takes_exactly_what_is_left(broker: Broker, conn: Connection) -> None:
    """Also of several shapes, and beside a queue that is limited as well."""
    farm.set_limit(broker, "licence", 5)
    farm.limit(broker, ["few"], 1)
    worker = register(conn)
    broker.submit([{"func": "m:f", "user": "me", "limits": ["licence"], "memory": n % 3} for n in range(4)], {})
    submit(broker, limits={"licence": 2})
    few = [submit(broker, limits=["licence"], queue="few") for _ in range(2)]
    other = submit(broker)
    first = claim(conn, worker)
    assert [run.id for run in first if run.id not in (few[0], other)] == [1, 2, 3, 4]
    assert conn.execute(_USED).fetchall() == [("licence", 4)]  # two are kept for the next in the order, one is there
    end(conn, first[:1])
    second = claim(conn, worker)
    assert ids(second) == [5]
    end(conn, first[1:3])
    assert ids(claim(conn, worker)) == few[:1]


def test_what_needs_many_units_is_not_overtaken_for_ever(broker: Broker, conn: Connection) -> None:
    """A stream of tasks of one unit, and one that needs all."""
    farm.set_limit(broker, "licence", 3)
    worker = register(conn)
    for _ in range(6):
        submit(broker, limits=["licence"])
    runs = claim(conn, worker)
    big = submit(broker, limits={"licence": 3}, priority=2000)
    while runs:
        end(conn, [runs.pop()])
        submit(broker, limits=["licence"])
        found = claim(conn, worker)
        assert found == [] or (ids(found) == [big] and not runs)
    assert conn.execute(_USED).fetchall() == [("licence", 3)]


def test_one_claim_passes_by_nobody_that_something_is_kept_for(broker: Broker, conn: Connection) -> None:
    """Though those before and behind it are alike, and found together."""
    farm.set_limit(broker, "licence", 4)
    worker = register(conn)
    submit(broker, limits="licence")
    claim(conn, worker)
    first, _, _ = (submit(broker, limits={"licence": amount}) for amount in (1, 4, 1))
    assert ids(claim(conn, worker)) == [first]


def test_what_can_never_have_enough_keeps_nothing_from_others(broker: Broker, conn: Connection) -> None:
    """It asks for more than there is, or for another limit that is not set, or its queue is paused."""
    farm.set_limit(broker, "licence", 3)
    Steering(broker).set_queue("held", paused=True)
    for fields in (
        {"limits": {"licence": 4}},
        {"limits": ["licence", "unset"]},
        {"limits": "licence", "queue": "held"},
    ):
        submit(broker, priority=2000, **fields)
    small = [submit(broker, limits="licence") for _ in range(4)]
    assert ids(claim(conn, register(conn))) == small[:3]


def test_a_task_with_a_reservation_finds_its_units(broker: Broker, conn: Connection) -> None:
    """While it waits for cpus, the last unit goes to nobody behind it."""
    farm.set_limit(broker, "licence", 2)
    worker = register(conn, cpus=4)
    running = claim(conn, worker, cpus=4.0) if submit(broker, cpus=2, limits="licence") else []
    big = submit(broker, cpus=3, limits="licence", priority=2000)
    submit(broker, cpus=1, limits="licence")
    other = submit(broker, cpus=1)
    assert ids(claim(conn, worker, cpus=2.0)) == [other]
    end(conn, running)
    assert ids(claim(conn, worker, cpus=3.0)) == [big]


def test_a_task_that_waits_for_a_limit_reserves_no_worker(broker: Broker, conn: Connection) -> None:
    farm.set_limit(broker, "licence", 0)
    worker = register(conn, cpus=2, memory=0)
    submit(broker)
    assert len(claim(conn, worker, 1, cpus=2.0)) == 1
    submit(broker, cpus=2, priority=2000, limits={"licence": 1})
    assert len([submit(broker)]) == len(claim(conn, worker, 1, cpus=1.0))
    assert conn.execute("select * from aque.reservation").fetchall() == []


def test_limits_that_are_full_are_locked_by_nobody(broker: Broker, conn: Connection) -> None:
    """Who claims other tasks would wait for all that are being claimed; nor is one with room that nobody draws from."""
    farm.set_limit(broker, "licence", 1)
    farm.set_limit(broker, "gpu", 1)
    submit(broker, limits="licence", priority=3000)
    worker = register(conn)
    assert len(claim(conn, worker)) == 1
    submit(broker, limits="licence", priority=2000)
    submit(broker, limits="gpu", priority=1)
    plain = submit(broker)
    with broker.database.source.connect() as other:
        other.execute("begin")
        other.execute("select from aque.named_limit for no key update")
        conn.execute("set statement_timeout = '20s'")
        assert ids(claim(conn, worker, 1)) == [plain]


# Giving back.


def _release(broker: Broker, conn: Connection, worker: int, run: Captured) -> None:
    work.release(conn, [(run.id, run.lease)])


def _interrupt(broker: Broker, conn: Connection, worker: int, run: Captured) -> None:
    work.interrupt(conn, [(run.id, run.lease)], is_loss=False, reason="so")


def _kill(broker: Broker, conn: Connection, worker: int, run: Captured) -> None:
    kill.kill(conn, [run.id], 15, 5.0, ends=True)
    assert conn.execute(_USED).fetchall() == [("licence", 2)], "it runs until its worker says otherwise"
    end(conn, [run], State.KILLED)


def _retry(broker: Broker, conn: Connection, worker: int, run: Captured) -> None:
    end(conn, [run], State.ERROR)
    Steering(broker).retry(Selection.of([run.id]))


def _fail(broker: Broker, conn: Connection, worker: int, run: Captured) -> None:
    end(conn, [run], State.ERROR)


_ENDS: dict[str, Callable[[Broker, Connection, int, Captured], object]] = {
    "success": lambda broker, conn, worker, run: end(conn, [run]),
    "error": _fail,
    "retry by hand": _retry,
    "killed": _kill,
    "released": _release,
    "interrupted": _interrupt,
    "lost": lambda broker, conn, worker, run: registry.forsake(conn, [worker]),
}


@pytest.mark.parametrize("retries", [0, 1])
@pytest.mark.parametrize("name", _ENDS)
def test_whatever_ends_a_run_gives_back_what_it_held(broker: Broker, conn: Connection, name: str, retries: int) -> None:
    farm.set_limit(broker, "licence", 2)
    worker, other = register(conn), register(conn)
    submit(broker, limits={"licence": 2}, retries=retries, retry_delay=1000)
    waiting = submit(broker, limits={"licence": 2}, priority=1)
    (run,) = claim(conn, worker)
    assert claim(conn, other) == []
    _ENDS[name](broker, conn, worker, run)
    assert conn.execute(_USED).fetchall() == []
    conn.execute("update aque.task set state = 'paused' where id = %s and state = 'pending'", [run.id])
    assert ids(claim(conn, other)) == [waiting]


def test_a_real_worker_that_waits_for_a_limit_hears_of_its_end_on_another(broker: Broker, conn: Connection) -> None:
    """And of a limit that is raised, or set for the first time."""
    farm.set_limit(broker, "licence", 1)
    away = register(conn)
    submit(broker, limits="licence")
    (held,) = claim(conn, away)
    shell = {"pattern": "shell", "args": ["true"], "user": None, "limits": "licence"}
    queue = Queue(broker=broker)
    with running_worker(broker):
        first = queue.submit_many([shell])[0]
        wait_for(lambda: conn.execute("select idle from aque.worker order by id desc limit 1").fetchone() == (True,))
        farm.set_limit(broker, "licence", 2)
        assert first.result(30) == 0
        farm.set_limit(broker, "licence", 1)
        second = queue.submit_many([shell])[0]
        unset = queue.submit_many([{**shell, "limits": "gpu"}])[0]
        broker.release([(held.id, held.lease)])
        conn.execute("update aque.task set state = 'paused' where id = %s", [held.id])
        assert second.result(30) == 0
        farm.set_limit(broker, "gpu", 1)
        assert unset.result(30) == 0


# What people do.


def test_limits_are_changed_while_tasks_hold_them(broker: Broker, conn: Connection) -> None:
    worker = register(conn)
    tasks = [submit(broker, limits="licence") for _ in range(4)]
    assert claim(conn, worker) == [], "nobody has set it"
    assert farm.set_limit(broker, "licence", 2)
    assert not farm.set_limit(broker, "licence", 2)
    runs = claim(conn, worker)
    assert ids(runs) == tasks[:2]
    farm.set_limit(broker, "licence", 1)
    end(conn, runs[:1])
    assert claim(conn, worker) == []
    assert farm.remove_limit(broker, "licence")
    assert not farm.remove_limit(broker, "licence")
    end(conn, runs[1:])
    assert claim(conn, worker) == []
    assert [(row.name, row.size, row.used, row.waiting) for row in farm.limits(broker)] == [("licence", None, 0, 2)]
    sizes = "(before #>> '{limits,licence,size}')::int, (after #>> '{limits,licence,size}')::int"
    told = conn.execute(f"select action, selection ->> 'limit', {sizes} from aque.event order by id".encode())
    assert told.fetchall() == [("limit", "licence", *change) for change in ((None, 2), (2, 1), (1, None))]


def test_a_worker_that_works_to_the_end_waits_for_units_that_others_hold(broker: Broker, conn: Connection) -> None:
    """And for places in a queue; not for what nobody's end gives back."""
    busy, idle = register(conn), register(conn)
    farm.set_limit(broker, "licence", 1)
    farm.limit(broker, ["few"], 1)
    for fields in ({"limits": "licence"}, {"queue": "few"}):
        first, second = submit(broker, **fields), submit(broker, **fields)
        runs = claim(conn, busy)
        assert (ids(runs), claim(conn, idle)) == ([first], [])
        assert work.is_more_to_come(conn, idle)
        Steering(broker).set_queue(runs[0].queue, paused=True)
        assert not work.is_more_to_come(conn, idle)
        Steering(broker).set_queue(runs[0].queue, paused=False)
        broker.kill([second])
        assert not work.is_more_to_come(conn, idle)
        end(conn, runs)
    submit(broker, limits="licence=2")
    submit(broker, limits="unset")
    assert not work.is_more_to_come(conn, idle)


def test_an_edit_gives_a_task_other_limits(broker: Broker, conn: Connection) -> None:
    """And those that it had before hold it back no more."""
    farm.set_limit(broker, "gpu", 1)
    one, two = submit(broker, limits="licence"), submit(broker)
    worker = register(conn)
    assert ids(claim(conn, worker)) == [two]
    Steering(broker).edit(Selection.of([one]), {"limits": "gpu"})
    assert broker.tasks([one])[0].limits == {"gpu": 1}
    assert ids(claim(conn, worker)) == [one]
    assert conn.execute(_USED).fetchall() == [("gpu", 1)]
    three = submit(broker, limits="gpu")
    assert claim(conn, worker) == []
    Steering(broker).edit(Selection.of([three]), {"limits": ""})
    assert ids(claim(conn, worker)) == [three]
    assert conn.execute(_USED).fetchall() == [("gpu", 1)]


def test_children_take_over_the_limits_of_their_parent(broker: Broker) -> None:
    parent = submit(broker, limits={"licence": 2}, hold=True)
    assert broker.tasks([submit(broker, parent=parent)])[0].limits == {"licence": 2}
    assert broker.tasks([submit(broker, parent=parent, limits={})])[0].limits == {}


@pytest.mark.parametrize(("name", "size"), [("", 1), ("a b", 1), ("a=1", 1), ("a,b", 1), ("a", -1), ("a", 2**31)])
def test_names_and_sizes_that_cannot_be_are_refused(broker: Broker, name: str, size: int) -> None:
    with pytest.raises(UsageError):
        farm.set_limit(broker, name, size)
    assert farm.limits(broker) == []


# What it costs.


def test_a_hundred_thousand_that_wait_for_a_full_limit_are_not_read(broker: Broker, conn: Connection) -> None:
    """Nor are the runs of others counted, nor those that are complete."""
    fill(conn, 3000)
    farm.set_limit(broker, "licence", 2)
    broker.submit(({"func": "m:f", "user": "me", "limits": "licence", "priority": 2000} for _ in range(3000)), {})
    worker = registry.register(conn, info(cpus=10_000.0))
    for _ in range(9):
        assert len(claim(conn, worker, 200, cpus=10_000.0)) == 200
    with plans(conn) as found:
        assert len(claim(conn, worker, 20, cpus=10_000.0)) == 20
    for plan in found:
        for node in nodes(plan["Plan"]):
            assert node["Node Type"] != "Seq Scan" or node["Relation Name"] in ("queue", "named_limit")
            removed = sum(value for key, value in node.items() if key.startswith("Rows Removed"))
            assert (node["Actual Rows"] + removed) * node["Actual Loops"] < 500, plan["Query Text"]
