"""Nobody is overtaken for ever: what does not fit now is first where room comes free, and little is idle for it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any, LiteralString

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aque.core.broker import Broker
from aque.core.db.source import Connection
from aque.core.queries import registry, work
from aque.core.queue import Queue
from tests.waiting import wait_for
from tests.work import running_worker

from .backlog import register, submit
from .farm import Farm

_EXAMPLES = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def ids(conn: Connection, worker: int, cpus: float, memory: int = 0) -> list[int]:
    return [run.id for run in work.claim(conn, worker, cpus, memory, 200)]


def occupy(broker: Broker, conn: Connection, worker: int, **fields: object) -> int:
    """A worker of two cpus has one left."""
    task = submit(broker, **fields)
    assert ids(conn, worker, 2) == [task]
    return task


# What one claim after another does.


@pytest.mark.parametrize("priority", [1000, 2000])
def test_a_stream_of_small_tasks_does_not_keep_a_big_one_waiting(
    broker: Broker, conn: Connection, priority: int
) -> None:
    """It starts when all is over that ran when it came to be the first, though fifty others wait all the time."""
    chance = random.Random(priority)
    farm = Farm(broker, conn, [(2, 0)])

    def fill() -> None:
        farm.submit({"seconds": chance.uniform(1, 9)} for _ in range(50 - len(farm.waiting)))

    fill()
    farm.claim()
    (big,) = farm.submit([{"cpus": 2.0, "priority": priority, "seconds": 5.0}])
    while big not in farm.stays:
        farm.step()
        fill()
        farm.claim()
        assert farm.now < 1000, "it is overtaken for ever"
    assert farm.stays[big].start <= farm.latest_start(farm.stays[big].job)


def test_memory_is_reserved_as_cpus_are(broker: Broker, conn: Connection) -> None:
    chance = random.Random(1)
    farm = Farm(broker, conn, [(64, 1000)])
    farm.submit({"memory": 300, "seconds": chance.uniform(1, 9)} for _ in range(9))
    farm.claim()
    (big,) = farm.submit([{"memory": 900, "priority": 2000, "seconds": 5.0}])
    while big not in farm.stays:
        farm.step()
        farm.submit({"memory": 300, "seconds": chance.uniform(1, 9)} for _ in range(2))
        farm.claim()
        assert farm.now < 1000, "it is overtaken for ever"
    assert farm.stays[big].start <= farm.latest_start(farm.stays[big].job)


def test_what_leaves_room_for_the_reserved_task_goes_before_it(broker: Broker, conn: Connection) -> None:
    """Of four cpus a task of three leaves one; those that ran before do not count against it."""
    worker = register(conn, cpus=4, memory=0)
    old = [submit(broker), submit(broker)]
    assert ids(conn, worker, 4) == old
    big = submit(broker, cpus=3, priority=2000)
    small = [submit(broker) for _ in range(3)]
    assert ids(conn, worker, 2) == small[:1]
    assert ids(conn, worker, 1) == []
    assert ids(conn, worker, 2) == []
    assert ids(conn, worker, 3) == [big]


def test_what_ends_in_time_goes_before_the_reserved_task(broker: Broker, conn: Connection) -> None:
    """The longest that is over by then; a guess is no promise."""
    worker = register(conn, cpus=2, memory=0)
    occupy(broker, conn, worker, duration=1000)
    submit(broker, cpus=2, priority=2000)
    submit(broker)
    submit(broker, duration=5000)
    guess = submit(broker, duration=700)
    conn.execute("update aque.task set guessed = true where id = %s", [guess])
    submit(broker, duration=300)
    brief = submit(broker, duration=600)
    assert ids(conn, worker, 1) == [brief]


def test_a_run_that_is_overdue_promises_no_time(broker: Broker, conn: Connection) -> None:
    worker = register(conn, cpus=2, memory=0)
    late = occupy(broker, conn, worker, duration=1000)
    conn.execute("update aque.task set started_at = started_at - interval '2 hours' where id = %s", [late])
    submit(broker, cpus=2, priority=2000)
    submit(broker, duration=1)
    assert ids(conn, worker, 1) == []


def test_a_better_task_goes_first_and_a_worse_one_never(broker: Broker, conn: Connection) -> None:
    worker = register(conn, cpus=2, memory=0)
    occupy(broker, conn, worker)
    submit(broker, cpus=2, priority=2000)
    submit(broker, priority=1999)
    assert ids(conn, worker, 1) == []
    better = submit(broker, priority=2001)
    assert ids(conn, worker, 1) == [better]


@pytest.mark.parametrize(("ranks", "is_big_first"), [((0, 1), True), ((1, 0), False), ((1, 1), False)])
def test_among_equals_room_is_kept_for_what_the_worker_reaches_best(
    broker: Broker, conn: Connection, ranks: tuple[int, int], is_big_first: bool
) -> None:
    """And what is said of it by name agrees: the small one has the lower id."""
    worker = register(conn, cpus=2, memory=0)
    occupy(broker, conn, worker)
    registry.rank(conn, worker, {f"/no-such-{n}": {"rank": rank} for n, rank in enumerate(ranks)})
    small = submit(broker, io_paths=["/no-such-1/x"])
    big = submit(broker, cpus=2, io_paths=["/no-such-0/x"])
    third = submit(broker, io_paths=["/no-such-1/x"], hold=True)
    assert ids(conn, worker, 1) == ([] if is_big_first else [small])
    conn.execute("update aque.task set state = 'pending' where id = %s", [third])
    reasons = {row.id: row.reason for row in broker.tasks([small, big, third])}
    assert ("line" in reasons[big]) == (ranks[1] < ranks[0])
    assert ("line" in reasons[third]) == (ranks[1] >= ranks[0])
    if is_big_first:
        assert reasons[small] == reasons[third] == ["room-kept", "line"]
        assert reasons[big] == ["reserved", "full"]


def test_one_worker_makes_room_and_the_other_works_on(broker: Broker, conn: Connection) -> None:
    """Whoever has the room first gets the task; one that dies or drains makes room for nobody."""
    one, other, third = (register(conn, cpus=2, memory=0) for _ in range(3))
    for worker in (one, other, third):
        occupy(broker, conn, worker)
    big = submit(broker, cpus=2, priority=2000)
    small = [submit(broker) for _ in range(4)]
    assert ids(conn, one, 1) == []
    assert ids(conn, other, 1) == small[:1]
    conn.execute("update aque.worker set draining = true where id = %s", [one])
    assert ids(conn, other, 1) == []
    assert ids(conn, third, 1) == small[1:2]
    registry.forsake(conn, [other])
    assert ids(conn, third, 1) == []
    assert ids(conn, one, 2) == [big]
    assert ids(conn, third, 1)


def test_what_could_not_run_anyhow_reserves_nothing(broker: Broker, conn: Connection) -> None:
    """A task that is larger than the worker, of a paused queue, of one at its limit, or for a time to come."""
    conn.execute("insert into aque.queue (name, paused, max_running) values ('held', true, null), ('full', false, 0)")
    worker = register(conn, cpus=2, memory=100)
    occupy(broker, conn, worker)
    submit(broker, cpus=3, priority=2000)
    submit(broker, cpus=2, memory=101, priority=2000)
    submit(broker, cpus=2, priority=2000, queue="held")
    submit(broker, cpus=2, priority=2000, queue="full")
    submit(broker, cpus=2, priority=2000, run_at="2200-01-01T00:00")
    small = submit(broker)
    assert ids(conn, worker, 1) == [small]
    assert conn.execute("select * from aque.reservation").fetchall() == []


def test_nothing_is_reserved_where_nobody_would_be_overtaken(broker: Broker, conn: Connection) -> None:
    """A backlog of equals costs no writes."""
    worker = register(conn, cpus=2, memory=0)
    some = [submit(broker) for _ in range(5)]
    assert ids(conn, worker, 2) == some[:2]
    assert conn.execute("select * from aque.reservation").fetchall() == []


def test_in_a_range_of_sizes_the_first_is_not_overtaken_either(broker: Broker, conn: Connection) -> None:
    """Beyond 48 sizes a shape stands for many, and the small ones in it could go before a big one for ever."""
    size = 1 << 30
    broker.submit(({"func": "m:f", "user": "me", "memory": n * size, "priority": 1} for n in range(48)), {})
    worker = register(conn, memory=100 * size)
    old = submit(broker, memory=(100 << 30) - (80 << 30) + 1)
    assert ids(conn, worker, 9, 100 * size)[0] == old
    conn.execute("update aque.task set state = 'cancelled' where state = 'pending'")
    big = submit(broker, memory=96 * size)
    small = [submit(broker, memory=96 * size - n) for n in range(1, 4)]
    assert ids(conn, worker, 9, 96 * size - 2) == []
    assert ids(conn, worker, 9, 96 * size) == [big]
    assert ids(conn, worker, 9, 96 * size) == small[:1]


# What becomes of whole workloads.


@dataclass(frozen=True)
class Load:
    """Workers, and tasks that come while others run."""

    workers: list[tuple[float, int]]
    jobs: list[dict[str, Any]]
    batches: list[int]


@st.composite
def loads(draw: st.DrawFn) -> Load:
    workers = draw(
        st.lists(st.tuples(st.sampled_from([1.0, 2.0, 4.0]), st.sampled_from([4, 8])), min_size=1, max_size=3)
    )
    job = st.builds(
        lambda seconds, is_known, **others: {"seconds": seconds, "duration": seconds * is_known, **others},
        seconds=st.sampled_from([100.0, 200.0, 300.0, 700.0, 1500.0]),
        is_known=st.booleans(),
        cpus=st.sampled_from([0.0, 0.5, 1.0, 1.0, 2.0, 4.0]),
        memory=st.sampled_from([0, 0, 1, 3, 8]),
        priority=st.sampled_from([1000, 1000, 2000]),
    )
    jobs = draw(st.lists(job, min_size=1, max_size=30))
    return Load(workers, jobs, draw(st.lists(st.integers(0, 8), min_size=1, max_size=6).filter(any)))


@_EXAMPLES
@given(load=loads(), chance=st.randoms(use_true_random=False))
def test_whoever_is_first_starts_when_all_is_over_that_runs(broker: Broker, load: Load, chance: random.Random) -> None:
    """Whatever comes with it, and later; and all that fits some worker is run."""
    with broker.database.connection() as conn:
        farm = Farm(broker, conn, load.workers)
        jobs, batches = iter(load.jobs), cycle(load.batches)
        is_over = False
        while not is_over:
            farm.submit(islice(jobs, next(batches)))
            farm.claim(chance.sample(sorted(farm.workers), len(farm.workers)))
            is_over = not farm.running and len(farm.stays) + len(farm.waiting) == len(load.jobs)
            if farm.running:
                farm.step()
    for stay in farm.stays.values():
        assert stay.start <= farm.latest_start(stay.job), stay
    for job in farm.waiting.values():
        assert all(job.cpus > cpus or job.memory > memory for cpus, memory in load.workers), job


@pytest.mark.parametrize("scarce", ["cpus", "memory"])
@pytest.mark.parametrize("seed", range(4))
def test_little_is_left_idle_where_durations_are_known(
    broker: Broker, conn: Connection, scarce: str, seed: int
) -> None:
    """Big and small tasks; the part of the time until few are left in which what is scarce was in use."""
    chance = random.Random(seed)
    size = chance.choice([2, 4, 8, 16])
    farm = Farm(broker, conn, [(size, 0)] if scarce == "cpus" else [(1000.0, size)])

    def job() -> dict[str, Any]:
        amount = chance.choice([1, 1, 1, 2, chance.randint(1, size)])
        seconds = chance.uniform(10, 1000)
        demand = {"cpus": float(amount)} if scarce == "cpus" else {"cpus": 0.0, "memory": amount}
        return {"seconds": seconds, "duration": seconds, "priority": chance.choice([1000, 1000, 2000]), **demand}

    farm.submit(job() for _ in range(100))
    while len(farm.waiting) > 20:
        farm.claim()
        farm.step()
    assert farm.utilisation(scarce) > 0.9


# What a worker does.


@pytest.mark.parametrize(("seconds", "most"), [(0.1, 4), (0.0, 60)])
def test_a_real_worker_starts_a_big_task_after_few_others(
    broker: Broker, conn: Connection, seconds: float, most: int
) -> None:
    """Of a stream that never ends. Of short ones it has some ready beforehand, so that more go before."""
    queue = Queue(broker=broker)
    command = {"args": f"sleep {seconds}; [ $(($$ % 3)) = 0 ] || sleep {seconds / 2}"}

    def count(condition: LiteralString, *values: object) -> int:
        row = conn.execute("select count(*) from aque.task where " + condition, values).fetchone()
        assert row
        return int(row[0])

    def is_done(condition: LiteralString, *values: object) -> bool:
        queue.submit_many([command] * (50 - count("state = 'pending'")))
        return count(condition, *values) > 0

    is_done("false")
    with running_worker(broker, cpus=2.0):
        wait_for(lambda: is_done("false") or count("state = 'success'") > 9, 60)
        big = queue.submit_ex(pattern="shell", args=["true"], cpus=2, priority=2000)
        wait_for(lambda: is_done("id = %s and state = 'success'", big.id), 60)
        others = count(
            "started_at > (select b.created_at from aque.task b where b.id = %s)"
            " and started_at < (select b.started_at from aque.task b where b.id = %s)",
            big.id,
            big.id,
        )
        conn.execute("update aque.task set state = 'cancelled' where state = 'pending'")
    assert others <= most
