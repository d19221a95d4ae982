"""Why tasks do not run: what is said agrees with what workers claim, and is said in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aque.core import farm
from aque.core.broker import Broker
from aque.core.db.source import Connection
from aque.core.queries import work
from aque.core.queries.why import Case, cases
from aque.core.queries.work import Outcome, WorkerInfo
from aque.core.states import State
from aque.core.why import REASONS, Why, explain

_ANY = 1 << 40


@pytest.fixture
def conn(broker: Broker) -> Iterator[Connection]:
    with broker.database.connection() as conn:
        yield conn


def info(**given_fields: Any) -> WorkerInfo:
    fields = {
        "name": "w",
        "hostname": "h1",
        "ip": None,
        "pid": 1,
        "platform": "linux",
        "username": "me",
        "any_user": False,
        "cpus": 2.0,
        "memory": _ANY,
        "queues": None,
        "tags": [],
        "version": "0",
    }
    return WorkerInfo(**{**fields, **given_fields})


def submit(broker: Broker, **fields: object) -> int:
    return broker.submit([{"func": "m:f", "user": "me", **fields}], {})[0]


def why(broker: Broker, task: int, most: int = 100) -> Why:
    return broker.read(explain, [task], most)[0]


def names(found: Why) -> list[str]:
    return [told.name for told in found.reasons]


_DEMANDS = st.fixed_dictionaries(
    {"priority": st.sampled_from([1, 1000])},
    optional={
        "duration": st.sampled_from([5.0, 9.0]),
        "cpus": st.sampled_from([0, 0.5, 3.0, "/2"]),
        "memory": st.integers(0, 5),
        "queue": st.sampled_from(["a", "b"]),
        "tags": st.sampled_from([["x"], ["x", "y"]]),
        "platform": st.sampled_from(["linux", "darwin"]),
        "host": st.sampled_from([["h1"], ["h*", "!h2"], ["k?"]]),
        "user": st.sampled_from(["me", "you"]),
        "hold": st.just(True),
        "run_at": st.just(datetime(2999, 1, 1, tzinfo=UTC)),
    },
)
_WORKERS = st.builds(
    info,
    cpus=st.sampled_from([0.5, 1.0, 4.0]),
    memory=st.integers(0, 5),
    hostname=st.sampled_from(["h1", "h2"]),
    platform=st.sampled_from(["linux", "darwin"]),
    any_user=st.booleans(),
    queues=st.sampled_from([None, None, ["a"], ["a", "default"]]),
    tags=st.sampled_from([[], ["x"], ["x", "y", "z"]]),
)
_QUEUES = st.dictionaries(
    st.sampled_from(["a", "b", "default"]),
    st.sampled_from([(True, None), (False, 0), (False, 1), (False, 2)]),
    max_size=2,
)


@dataclass
class Farm:
    """Workers, and the room that is left in each by what it was given here."""

    conn: Connection
    infos: dict[int, WorkerInfo]
    cpus: dict[int, float]
    memory: dict[int, int]

    @classmethod
    def of(cls, conn: Connection, infos: Sequence[WorkerInfo]) -> Farm:
        made = {work.register(conn, each): each for each in infos}
        rooms = ({id: each.cpus for id, each in made.items()}, {id: each.memory for id, each in made.items()})
        return cls(conn, made, *rooms)

    def claim(self, worker: int) -> int | None:
        """The task that a worker takes next with all the room that it has."""
        runs = work.claim(self.conn, worker, self.cpus[worker], self.memory[worker], 1)
        for run in runs:
            self.cpus[worker] -= run.cpus
            self.memory[worker] -= run.memory
        return runs[0].id if runs else None


def _first(found: Sequence[Case], worker: int, order: dict[int, tuple[float, ...]]) -> int | None:
    """The first of the tasks that are said to be ready to run now on a worker."""
    ready = [case.task.id for case in found if worker in {room.id for room in case.rooms}]
    return min(ready, key=order.__getitem__, default=None)


def _check_place(case: Case, found: Sequence[Case], order: dict[int, tuple[float, ...]]) -> None:
    """It counts the ready tasks before it that one of its workers could take."""
    own = {taker.id for taker in case.takers}
    if not case.task.is_ready or not own:
        assert case.place is None
        return
    before = [
        each
        for each in found
        if each.task.is_ready
        and own & {taker.id for taker in each.takers}
        and order[each.task.id] < order[case.task.id]
    ]
    assert case.place
    assert case.place.ahead == len(before)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    demands=st.lists(_DEMANDS, min_size=1, max_size=10),
    workers=st.lists(_WORKERS, min_size=1, max_size=3),
    queues=_QUEUES,
)
def test_what_is_said_to_be_ready_on_a_worker_is_what_it_claims(
    shared_broker: Broker,
    demands: list[dict[str, Any]],
    workers: list[WorkerInfo],
    queues: dict[str, tuple[bool, int | None]],
) -> None:
    """One claim after another, until no worker gets anything more: each takes the first that was said to be ready."""
    with shared_broker.database.connection() as conn:
        conn.execute("truncate aque.task, aque.spec, aque.worker, aque.queue")
        for name, (paused, limit) in queues.items():
            conn.execute(
                "insert into aque.queue (name, paused, max_running) values (%s, %s, %s)", [name, paused, limit]
            )
        ids = shared_broker.submit([{"func": "m:f", "user": "me", **demand} for demand in demands], {})
        order = {
            id: (-demand["priority"], -demand.get("duration", 0.0), id) for id, demand in zip(ids, demands, strict=True)
        }
        hosts = Farm.of(conn, workers)
        idle: set[int] = set()
        while idle < set(hosts.infos):
            for worker in hosts.infos:
                found = cases(conn, ids, 100)
                for case in found:
                    _check_place(case, found, order)
                    assert any(reason.holds(case) for reason in REASONS), case
                expected = _first(found, worker, order)
                assert hosts.claim(worker) == expected
                idle = {*idle, worker} if expected is None else set()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(demand=_DEMANDS, worker=_WORKERS)
def test_a_worker_lacks_nothing_exactly_where_the_task_fits_it(
    shared_broker: Broker, demand: dict[str, Any], worker: WorkerInfo
) -> None:
    with shared_broker.database.connection() as conn:
        conn.execute("truncate aque.task, aque.spec, aque.worker, aque.queue")
        task, made = submit(shared_broker, **demand), work.register(conn, worker)
        row = conn.execute(
            "select aque.misfits(w, s, t.memory) = 0, aque.fits(w, s) and t.memory <= w.memory"
            " from aque.task t join aque.shape s on s.id = t.shape_id, aque.worker w where t.id = %s and w.id = %s",
            [task, made],
        ).fetchone()
        assert row
        assert row[0] == row[1]


@pytest.mark.parametrize(
    ("fields", "workers", "name", "short", "text"),
    [
        ({"queue": "render"}, [{"queues": ["a"]}], "queue", "no worker serves render", "queue, render"),
        ({"user": "you"}, [{}], "user", "no worker for user you", "run as you"),
        ({"tags": ["gpu", "x"]}, [{"tags": ["x"]}], "tags", "no worker has tag gpu", "offers tag gpu."),
        ({"platform": "darwin"}, [{}], "platform", "no worker on darwin", "darwin"),
        ({"host": ["k*", "!k2"]}, [{}], "host", "no worker on k*,!k2", "k*, !k2"),
        ({"cpus": 64}, [{"cpus": 8.0}, {"cpus": 2.0}], "cpus", "64 cpus; largest has 8", "the largest worker has 8."),
        ({"memory": 1 << 36}, [{"memory": 8 << 30}], "memory", "64G; largest has 8G", "64G of memory"),
        (
            {"memory": (1 << 36) + 1},
            [{"memory": 1 << 36}],
            "memory",
            "68,719,476,737 bytes; largest…",
            "68,719,476,736",
        ),
        (
            {"cpus": 4, "tags": ["gpu"]},
            [{"cpus": 8.0}, {"name": "g1", "tags": ["gpu"]}],
            "together",
            "no worker has all it needs",
            "w comes closest, and does not meet: tags.",
        ),
        ({}, [], "no-worker", "no worker is alive", "No worker is alive."),
    ],
)
def test_it_says_what_all_workers_lack(
    broker: Broker,
    conn: Connection,
    fields: dict[str, object],
    workers: list[dict[str, object]],
    name: str,
    short: str,
    text: str,
) -> None:
    for each in workers:
        work.register(conn, info(**each))
    found = why(broker, submit(broker, **fields))
    assert names(found) == [name]
    assert found.short == short
    assert text in found.reasons[0].text
    assert found.reasons[0].remedy
    assert found.starts_in is None


def test_it_names_the_dependencies_that_are_open(broker: Broker) -> None:
    first, second, third = (submit(broker, hold=True) for _ in range(3))
    task = submit(broker, dependencies=[first, (second, "complete"), (third, "failure")])
    found = why(broker, task)
    assert names(found) == ["dependencies", "no-worker"]
    assert found.short == f"needs {first} and 2 more"
    assert f"{second} (paused, however it ends) and {third} (paused, which is to fail)" in found.reasons[0].text
    broker.kill([second])
    assert why(broker, task).short == f"needs {first} and 1 more"


def test_of_ten_thousand_dependencies_the_last_one_is_found(broker: Broker, conn: Connection) -> None:
    done = submit(broker)
    open_one = submit(broker, hold=True)
    task = submit(broker, dependencies=[open_one])
    conn.execute(
        "insert into aque.dependency (needs_id, task_id) select g, %s from generate_series(-10000, -1) g", [task]
    )
    conn.execute(
        "insert into aque.task (id, shape_id, state)"
        " select g, (select shape_id from aque.task where id = %s), 'success' from generate_series(-10000, -1) g",
        [done],
    )
    assert why(broker, task).short == f"needs {open_one}"


def test_a_parent_waits_for_its_children(broker: Broker) -> None:
    task = submit(broker, hold=True)
    child = submit(broker, parent=task)
    assert f"{child} (pending, its child)" in why(broker, task).reasons[1].text


def test_it_tells_all_that_holds_a_task_back_in_one_order(broker: Broker) -> None:
    """A task that waits for its time, and will be held back by its queue then, is not said to wait for one of them."""
    farm.pause(broker, ["render"])
    at = broker.now() + timedelta(hours=2)
    found = why(broker, submit(broker, queue="render", hold=True, run_at=at, dependencies=[submit(broker)]))
    assert names(found) == ["paused", "queue-paused", "dependencies", "time", "no-worker"]
    who = broker.read(lambda conn: conn.execute("select session_user").fetchone())
    assert who
    assert f"was paused by {who[0]}." in found.reasons[1].text


def test_a_limit_that_is_reached_is_the_reason_until_it_is_raised(broker: Broker, conn: Connection) -> None:
    worker = work.register(conn, info(cpus=9.0))
    farm.limit(broker, ["few"], 1)
    tasks = [submit(broker, queue="few") for _ in range(2)]
    assert [run.id for run in work.claim(conn, worker, 9.0, _ANY, 9)] == tasks[:1]
    found = why(broker, tasks[1])
    assert (names(found), found.short) == (["limit"], "limit of few: 1/1")
    farm.limit(broker, ["few"], None)
    assert names(why(broker, tasks[1])) == ["next"]


def test_workers_that_drain_take_it_no_more(broker: Broker, conn: Connection) -> None:
    work.register(conn, info())
    task = submit(broker)
    assert names(why(broker, task)) == ["next"]
    farm.drain(broker, ["w"])
    assert names(why(broker, task)) == ["draining"]


def test_a_worker_that_is_silent_for_long_is_no_help(broker: Broker, conn: Connection) -> None:
    """After a crash of the only one nobody is there to bury it."""
    work.register(conn, info())
    conn.execute("update aque.worker set last_active = clock_timestamp() - interval '31 s'")
    assert names(why(broker, submit(broker))) == ["no-worker"]


def test_the_place_in_line_is_counted_up_to_a_bound(broker: Broker, conn: Connection) -> None:
    work.register(conn, info(cpus=1.0))
    ids = list(broker.submit([{"func": "m:f", "user": "me"} for _ in range(8)], {}))
    other = submit(broker, tags=["gpu"], priority=2000)  # stands in another line
    assert work.claim(conn, 1, 1.0, _ANY, 1)[0].id == ids[0]
    found = broker.read(explain, [*reversed(ids), other], 3)
    assert [each.ahead for each in reversed(found[:-1])] == [None, 0, 1, 2, 3, 4, 4, 4]
    assert [each.short for each in found[:1]] == ["full, >3 before it"]
    assert "More than 3 ready tasks" in found[0].reasons[1].text
    assert found[-1].ahead is None


def test_a_forecast_needs_the_durations_of_all_that_comes_before(broker: Broker, conn: Connection) -> None:
    worker = work.register(conn, info(cpus=1.0))
    first = submit(broker, duration=100.0, priority=2000)
    assert why(broker, first).starts_in == 0.0
    work.claim(conn, worker, 1.0, _ANY, 1)
    second = submit(broker, duration=50.0)
    third = submit(broker, duration=20.0)
    last = submit(broker)
    told = [why(broker, each).starts_in for each in (second, third, last)]
    assert told == [pytest.approx(100, abs=30), pytest.approx(150, abs=30), pytest.approx(170, abs=30)]
    submit(broker, priority=2000)
    assert why(broker, third).starts_in is None


def test_of_those_that_fell_it_tells_the_first_that_failed(broker: Broker, conn: Connection) -> None:
    worker = work.register(conn, info())
    first = submit(broker, name="render")
    second = submit(broker, dependencies=[first])
    third = submit(broker, dependencies=[second])
    (run,) = work.claim(conn, worker, 1.0, _ANY, 9)
    found = why(broker, first)
    assert (names(found), found.short) == (["running"], "runs on w")
    now = datetime.now(UTC)
    work.complete(conn, [Outcome(run.id, run.lease, State.ERROR, now, now, exit_code=3)])
    assert why(broker, first).short == "error: exit status 3"
    found = why(broker, third)
    assert (names(found), found.short) == (["blame"], f"{first} is error: exit status 3"[:30])
    assert (
        found.reasons[0].text == f"It needed {second}, which needed {first}; {first} (render) is error: exit status 3."
    )


def test_no_text_of_a_task_reaches_a_terminal_or_breaks_a_column(broker: Broker) -> None:
    farm.pause(broker, ["\x1b[31m" + "q" * 50])
    found = why(broker, submit(broker, queue="\x1b[31m" + "q" * 50))
    assert len(found.short) == 30
    assert found.short.endswith("…")
    assert "\x1b" not in found.short + found.reasons[0].text + found.reasons[0].remedy
