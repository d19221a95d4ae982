"""Claims: the best tasks first, however many stand ahead that cannot run, and never more than a queue allows."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aque.core.broker import Broker
from aque.core.db.source import Connection
from aque.core.listener import listen
from aque.core.queries import registry, work
from aque.core.queries.submission import Change
from aque.core.queries.work import Captured, Ended, Outcome
from aque.core.states import State

from .backlog import nodes, register, submit

_ANY = 1 << 40
_READ = "select pg_stat_get_xact_tuples_returned('aque.task_ready'::regclass)"


def complete(conn: Connection, runs: list[Captured]) -> None:
    now = datetime.now(UTC).timestamp()
    work.complete(conn, [Outcome(run.id, run.lease, State.SUCCESS, now, now) for run in runs])


_DEMANDS = st.tuples(
    st.sampled_from([1, 1000, 2000]), st.sampled_from([0.0, 5.0]), st.sampled_from([0.5, 1.0, 3.0]), st.integers(0, 4)
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    demands=st.lists(_DEMANDS, max_size=25), cpus=st.integers(1, 8), memory=st.integers(0, 12), wanted=st.integers(1, 9)
)
def test_a_claim_takes_what_fits_in_the_order_of_all(
    broker: Broker, demands: list[tuple[int, float, float, int]], cpus: int, memory: int, wanted: int
) -> None:
    """Among many shapes as if there were one list: all before the first that does not fit, and behind it what fits."""
    with broker.database.connection() as conn:
        conn.execute("truncate aque.task, aque.spec, aque.worker")
        worker = register(conn)
    fields = ("priority", "duration", "cpus", "memory")
    made = [{"func": "m:f", "user": "me", **dict(zip(fields, demand, strict=True))} for demand in demands]
    ids = broker.submit(made, {})
    with broker.database.connection() as conn:
        found = [run.id for run in work.claim(conn, worker, float(cpus), memory, wanted)]
    order = sorted(zip(ids, demands, strict=True), key=lambda each: (-each[1][0], -each[1][1], each[0]))
    free_cpus, free_memory, is_overtaken, left = float(cpus), memory, False, list(found)
    for task, (_, _, needs, size) in order:
        fits = needs <= free_cpus and size <= free_memory
        is_taken = left[:1] == [task]
        if is_taken:
            assert fits
            left.pop(0)
            free_cpus, free_memory = free_cpus - needs, free_memory - size
        elif len(found) - len(left) < wanted:
            assert is_overtaken or not fits, "one that fits was passed over, and nobody is before it"
            is_overtaken = True
    assert left == []
    assert len(found) <= wanted


_PLACES = ["/no-such-a/x", "/no-such-b/x", "/no-such-c/x"]  # which stand for themselves
_HINTS = ("priority", "duration", "io_paths", "memory")
_HINTED = st.tuples(
    st.sampled_from([1, 1000]),
    st.sampled_from([0.0, 5.0]),
    st.sampled_from([None, *([each] for each in _PLACES)]),
    st.integers(0, 1),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    hinted=st.lists(_HINTED, max_size=25),
    ranks=st.fixed_dictionaries({}, optional={each.removesuffix("/x"): st.integers(0, 2) for each in _PLACES}),
    wanted=st.integers(1, 9),
    limited=st.sampled_from([None, 1, 3]),
)
def test_among_equals_those_go_first_whose_files_are_best_reached(
    broker: Broker,
    hinted: list[tuple[Any, ...]],
    ranks: dict[str, int],
    wanted: int,
    limited: int | None,
) -> None:
    """Claim after claim, the order is that of priority, duration, rank at the worker and id, also beside limits."""
    with broker.database.connection() as conn:
        conn.execute("truncate aque.task, aque.spec, aque.worker, aque.queue")
        worker = register(conn)
        registry.rank(conn, worker, {name: {"rank": rank} for name, rank in ranks.items()})
        if limited:
            conn.execute("insert into aque.queue (name, max_running) values ('default', %s)", [limited])
    ids = broker.submit(({"func": "m:f", "user": "me", **dict(zip(_HINTS, each, strict=True))} for each in hinted), {})
    places = sorted(
        (-priority, -duration, ranks.get(paths[0].removesuffix("/x"), 0) if paths else 0, id)
        for id, (priority, duration, paths, _) in zip(ids, hinted, strict=True)
    )
    order = [id for *_, id in places]
    with broker.database.connection() as conn:
        while runs := work.claim(conn, worker, 100.0, _ANY, wanted):
            size = min(wanted, limited or wanted, len(order))
            assert [run.id for run in runs] == order[:size]
            del order[:size]
            complete(conn, runs)
    assert order == []


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_turn_in_one_statement_claims_what_it_makes_ready_and_tells_all_that_changed(
    broker: Broker, conn: Connection, count: int
) -> None:
    worker = register(conn)
    first = submit(broker)
    doomed = submit(broker, dependencies=[(first, "failure")])
    ready = [submit(broker, dependencies=[first]) for _ in range(count)]
    (run,) = work.claim(conn, worker, 100.0, _ANY, 9)
    now = datetime.now(UTC).timestamp()
    ended = [Outcome(run.id, run.lease, State.SUCCESS, now, now, 0)]
    done, claimed = work.complete_and_claim(conn, ended, worker, 100.0, _ANY, 9)
    assert {(each.id, each.state) for each in done.changes} == {(first, State.SUCCESS), (doomed, State.CANCELLED)}
    assert [each.id for each in claimed] == ready
    assert done.ready == set(ready), "of these alone others may have to hear"
    assert work.complete_and_claim(conn, ended, worker, 100.0, _ANY, 9) == (Ended([]), []), "a lease counts once"


def test_ends_are_stored_and_told_in_one_turn_in_their_order(broker: Broker, conn: Connection) -> None:
    """Told of what was refused, or of a failure that is tried again, those who wait would take a task for complete."""
    worker = register(conn)
    well, tried_again, given_away = (submit(broker, retries=each) for each in (0, 1, 0))
    runs = {run.id: run for run in work.claim(conn, worker, 100.0, _ANY, 9)}
    work.release(conn, [(given_away, runs[given_away].lease)])
    now = datetime.now(UTC).timestamp()
    states = {well: State.SUCCESS, tried_again: State.ERROR, given_away: State.SUCCESS}
    ended = [Outcome(task, runs[task].lease, state, now, now, 0) for task, state in states.items()]
    with broker.database.source.connect() as listener:
        listen(listener, "task_status")
        work.complete_and_tell(conn, ended, [Change(well, State.RUNNING)])
        heard = [notice.payload for notice in listener.notifies(timeout=5, stop_after=3)]
        assert heard[0] == f"running {well}"
        assert set(heard[1:]) == {f"success {well}", f"pending {tried_again}"}
        assert [*listener.notifies(timeout=0)] == []
    assert conn.execute("select state::text from aque.task where id = %s", [well]).fetchone() == ("success",)


def test_ten_thousand_sizes_make_few_shapes_and_every_task_gets_its_turn(broker: Broker, conn: Connection) -> None:
    """Each gets what it asked for, and never is more promised than there is: room for some two hundred at a time."""
    sizes = [n * 1_300_000 for n in range(10_000)]
    ids = broker.submit(({"func": "m:f", "user": "me", "memory": size, "cpus": 0} for size in sizes), {})
    shapes = conn.execute("select count(*) from aque.shape").fetchone()
    assert shapes
    assert shapes[0] < 120
    memory = 100 * sizes[-1]
    worker = register(conn, memory=memory)
    asked = dict(zip(ids, sizes, strict=True))
    while runs := work.claim(conn, worker, 1.0, memory, 1000):
        assert sum(run.memory for run in runs) <= memory
        assert all(asked.pop(run.id) == run.memory for run in runs)
        complete(conn, runs)
    assert asked == {}


def test_a_task_that_is_too_big_for_a_worker_does_not_hide_smaller_ones_of_its_shape(
    broker: Broker, conn: Connection
) -> None:
    broker.submit(
        ({"func": "m:f", "user": "me", "memory": (n + 1) << 30} for n in range(48)), {}
    )  # all shapes of their own
    worker = register(conn, memory=(100 << 30) + 50)
    while runs := work.claim(conn, worker, 100.0, 100 << 30, 100):
        complete(conn, runs)
    submit(broker, memory=(100 << 30) + 100, priority=2000)
    small = submit(broker, memory=(100 << 30) + 20)
    assert [run.id for run in work.claim(conn, worker, 1.0, (100 << 30) + 50, 9)] == [small]


def test_a_paused_queue_gives_no_work_and_the_others_do(broker: Broker, conn: Connection) -> None:
    held, other = submit(broker, queue="held", priority=2000), submit(broker)
    worker = register(conn)
    conn.execute("insert into aque.queue (name, paused) values ('held', true)")
    assert [run.id for run in work.claim(conn, worker, 9.0, _ANY, 9)] == [other]
    conn.execute("update aque.queue set paused = false")
    assert [run.id for run in work.claim(conn, worker, 9.0, _ANY, 9)] == [held]


@pytest.mark.parametrize("limit", [0, 1, 5])
def test_a_limited_queue_never_runs_more_than_its_limit(broker: Broker, conn: Connection, limit: int) -> None:
    """Eight workers at a time claim and complete; a queue without a limit goes on beside it."""
    broker.submit(
        [{"func": "m:f", "user": "me", "queue": "few", "priority": 2000, "memory": n % 3} for n in range(40)], {}
    )
    broker.submit([{"func": "m:f", "user": "me"} for _ in range(40)], {})
    conn.execute("insert into aque.queue (name, max_running) values ('few', %s)", [limit])
    running = (
        "select count(*) from aque.task t join aque.shape s on s.id = t.shape_id"
        " where t.state = 'running' and s.queue = 'few'"
    )

    def run_all(_: int) -> int:
        done = 0
        with broker.database.source.connect() as own:
            worker = register(own)
            while runs := work.claim(own, worker, 100.0, _ANY, 3):
                found = own.execute(running).fetchone()
                assert found
                assert found[0] <= limit
                complete(own, runs)
                done += len(runs)
        return done

    with ThreadPoolExecutor(8) as pool:
        done = sum(pool.map(run_all, range(8)))
    left = conn.execute(running.replace("running", "pending")).fetchone()
    assert left
    assert done + left[0] == 80
    assert (left[0] == 40) == (limit == 0)


def test_a_limit_is_reached_exactly_by_one_claim_of_several_shapes(broker: Broker, conn: Connection) -> None:
    for memory in range(6):
        submit(broker, queue="few", memory=memory)
    other = submit(broker)
    conn.execute("insert into aque.queue (name, max_running) values ('few', 3)")
    worker = register(conn)
    first = work.claim(conn, worker, 100.0, _ANY, 100)
    assert [run.queue for run in first] == ["few"] * 3 + ["default"]
    assert work.claim(conn, worker, 100.0, _ANY, 100) == []
    complete(conn, [run for run in first if run.id != other][:2])
    assert len(work.claim(conn, worker, 100.0, _ANY, 100)) == 2


def _entries_read(conn: Connection, worker: int, claims: int) -> list[int]:
    """What each of some claims in a row reads of the index."""
    with conn.transaction():
        counts = [0]
        for _ in range(claims):
            assert work.claim(conn, worker, 100.0, _ANY, 1)
            counts += [row[0] for row in conn.execute(_READ)]
    return [after - before for before, after in pairwise(counts)]


def test_what_fits_nobody_costs_nothing_however_much_of_it_stands_ahead(broker: Broker, conn: Connection) -> None:
    broker.submit(({"func": "m:f", "user": "me", "priority": 2000, "tags": ["gpu"]} for _ in range(8000)), {})
    broker.submit(({"func": "m:f", "user": "me"} for _ in range(20)), {})
    assert max(_entries_read(conn, register(conn), 3)) < 50


def test_a_snapshot_that_someone_holds_does_not_make_claims_read_all_that_was_claimed(
    broker: Broker, conn: Connection
) -> None:
    """The entries of tasks that were claimed cannot be removed meanwhile; something better is found nevertheless."""
    broker.submit(({"func": "m:f", "user": "me"} for _ in range(12_000)), {})
    worker = register(conn)
    with broker.database.source.connect() as pin:
        pin.execute("begin isolation level repeatable read")
        pin.execute("select 1 from aque.shape")
        for _ in range(9):
            complete(conn, work.claim(conn, worker, 1000.0, _ANY, 1000))
        reads = _entries_read(conn, worker, 20)
        assert max(reads) > 5000, "nothing was pinned"
        assert min(reads) < 100, reads
        better = submit(broker, priority=2000)
        while runs := work.claim(conn, worker, 1.0, _ANY, 1):
            complete(conn, runs)
            if runs[0].id == better:
                return
        pytest.fail("it was never found")


_NEEDS = """
explain (format json)
select (select true from aque.dependency d where d.task_id = t.id limit 1) from aque.task t where t.id = 1
"""


def test_what_a_task_needs_is_found_by_itself_beside_a_group_of_thousands(broker: Broker, conn: Connection) -> None:
    """Estimated by the edges of the group, a claim would look for those of any other task in all that there are."""
    group = broker.submit([{"pattern": "group", "hold": True, "cpus": 0, "user": "me"}], {})[0]
    broker.submit(({"func": "m:f", "user": "me", "hold": True, "parent": group} for _ in range(20_000)), {})
    conn.execute("vacuum analyze aque.dependency")
    row = conn.execute(_NEEDS).fetchone()
    assert row
    (plan,) = json.loads(row[0])
    read = [each for each in nodes(plan["Plan"]) if each.get("Relation Name") == "dependency"]
    assert [each["Index Name"] for each in read] == ["dependency_task"]
