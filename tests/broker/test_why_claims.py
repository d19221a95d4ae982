"""What is said of why tasks do not run agrees with what workers claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aque.core.broker import Broker
from aque.core.db.source import Connection
from aque.core.queries import registry, work
from aque.core.queries.case import Case
from aque.core.queries.registry import WorkerInfo
from aque.core.queries.why import cases
from aque.core.why import REASONS

from .backlog import info

_ODD = st.one_of(
    st.just({}),  # most of them can run somewhere
    st.fixed_dictionaries({"queue": st.sampled_from(["a", "b"])}),
    st.fixed_dictionaries({"tags": st.sampled_from([["x"], ["x", "y"]])}),
    st.fixed_dictionaries({"platform": st.sampled_from(["linux", "darwin"])}),
    st.fixed_dictionaries({"host": st.sampled_from([["h1"], ["h*", "!h2"], ["k?"]])}),
    st.fixed_dictionaries({"user": st.just("you")}),
    st.sampled_from([{"hold": True}, {"run_at": datetime(2999, 1, 1, tzinfo=UTC)}]),
)
_PATHS = st.sampled_from([{}, {}, {"io_paths": ["/no-such-a/x"]}, {"io_paths": ["/no-such-b/x"]}])
_SIZES = st.fixed_dictionaries(
    {
        "priority": st.sampled_from([1, 1000]),
        "duration": st.sampled_from([0.0, 5.0]),
        "cpus": st.sampled_from([0, 0.5, 1, 3, "/2"]),
        "memory": st.sampled_from([0, 2, 3]),
    }
)
_NAMED = st.sampled_from([{}, {}, {"a": 1}, {"a": 2}, {"a": 1, "b": 1}, {"unset": 1}])
_DEMANDS = st.builds(
    lambda sizes, odd, named, paths: {**sizes, **odd, "limits": named, **paths}, _SIZES, _ODD, _NAMED, _PATHS
)
_RANKS = st.fixed_dictionaries({}, optional={"/no-such-a": st.integers(0, 2), "/no-such-b": st.integers(0, 2)})
"""What a worker thinks of the volumes that those paths stand for."""
_WORKERS = st.builds(
    info,
    cpus=st.sampled_from([0.5, 1.0, 4.0]),
    memory=st.sampled_from([0, 4, 5]),
    hostname=st.sampled_from(["h1", "h2"]),
    platform=st.sampled_from(["linux", "darwin"]),
    any_user=st.booleans(),
    queues=st.sampled_from([None, None, ["a"], ["a", "default"]]),
    tags=st.sampled_from([[], ["x"], ["x", "y", "z"]]),
)
_QUEUES = st.dictionaries(
    st.sampled_from(["a", "b", "default"]),
    st.sampled_from([(True, None), (True, 1), (False, 0), (False, 1), (False, 2)]),
    max_size=2,
)
_LIMITS = st.fixed_dictionaries({"a": st.integers(0, 3), "b": st.integers(0, 2)})


@dataclass
class Farm:
    """Workers, and the room that is left in each by what it was given here."""

    conn: Connection
    infos: dict[int, WorkerInfo]
    cpus: dict[int, float]
    memory: dict[int, int]

    @classmethod
    def of(cls, conn: Connection, infos: Sequence[WorkerInfo]) -> Farm:
        made = {registry.register(conn, each): each for each in infos}
        rooms = ({id: each.cpus for id, each in made.items()}, {id: each.memory for id, each in made.items()})
        return cls(conn, made, *rooms)

    def claim(self, worker: int) -> int | None:
        """The task that a worker takes next with all the room that it has; without a free cpu it asks for none."""
        if self.cpus[worker] <= 0:
            return None
        runs = work.claim(self.conn, worker, self.cpus[worker], self.memory[worker], 1)
        for run in runs:
            self.cpus[worker] -= run.cpus
            self.memory[worker] -= run.memory
        return runs[0].id if runs else None


Order = dict[int, tuple[float, ...]]
"""Of tasks by their ids, as it is at one worker; the smallest comes first."""


def _order(ids: Sequence[int], demands: Sequence[dict[str, Any]], ranks: dict[str, int]) -> Order:
    def rank(demand: dict[str, Any]) -> int:
        return ranks.get(demand["io_paths"][0].removesuffix("/x"), 0) if "io_paths" in demand else 0

    return {
        id: (-demand["priority"], -demand["duration"], rank(demand), id)
        for id, demand in zip(ids, demands, strict=True)
    }


def _first(found: Sequence[Case], worker: int, order: Order) -> int | None:
    """The first of the tasks that are said to be ready to run now on a worker."""
    ready = [case.task.id for case in found if worker in {room.id for room in case.rooms}]
    return min(ready, key=order.__getitem__, default=None)


def _makes_room(conn: Connection, worker: int) -> bool:
    """Whether a worker has a task reserved."""
    return bool(conn.execute("select 1 from aque.reservation where worker_id = %s", [worker]).fetchone())


def _is_kept(found: Sequence[Case], task: int | None, order: Order) -> bool:
    """Whether something of a limit may be kept for one before a task that draws from it as well."""
    (own,) = (case.task for case in found if case.task.id == task) if task else (None,)
    return own is not None and any(
        case.task.is_ready
        and order[case.task.id] < order[own.id]
        and (
            case.task.limits.keys() & own.limits.keys()
            or (case.task.queue == own.queue and own.max_running is not None)
        )
        for case in found
    )


def _check_place(case: Case, found: Sequence[Case], orders: dict[int, Order]) -> None:
    """It counts the ready tasks that one of its workers could take, and would before it."""
    own = {taker.id for taker in case.takers}
    if not case.task.is_ready or not own:
        assert case.place is None
        return
    before = [
        each
        for each in found
        if each.task.is_ready
        and any(
            orders[taker.id][each.task.id] < orders[taker.id][case.task.id] for taker in each.takers if taker.id in own
        )
    ]
    assert case.place
    assert case.place.ahead == len(before)


def _check_names(broker: Broker, found: Sequence[Case]) -> None:
    """What lists say by name, in SQL, is what is told in words."""
    named = {row.id: row.reason for row in broker.tasks([case.task.id for case in found])}
    for case in found:
        told = [reason.name for reason in REASONS if reason.holds(case)] if case.task.is_waiting else []
        assert named[case.task.id] == told, case


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    demands=st.lists(_DEMANDS, min_size=1, max_size=10),
    workers=st.lists(_WORKERS, min_size=1, max_size=3),
    queues=_QUEUES,
    limits=_LIMITS,
    ranks=st.lists(_RANKS, min_size=3, max_size=3),
)
def test_what_is_said_to_be_ready_on_a_worker_is_what_it_claims(
    shared_broker: Broker,
    demands: list[dict[str, Any]],
    workers: list[WorkerInfo],
    queues: dict[str, tuple[bool, int | None]],
    limits: dict[str, int],
    ranks: list[dict[str, int]],
) -> None:
    """One claim after another, until no worker gets anything more: each takes the first that was said to be ready.

    A worker that makes room for a bigger task may leave it, and take none or a smaller one; so may one where a limit is
    kept for another.
    """
    with shared_broker.database.connection() as conn:
        conn.execute("truncate aque.task, aque.spec, aque.worker, aque.queue, aque.reservation, aque.named_limit")
        for name, (paused, limit) in queues.items():
            conn.execute(
                "insert into aque.queue (name, paused, max_running) values (%s, %s, %s)", [name, paused, limit]
            )
        for name, size in limits.items():
            conn.execute("insert into aque.named_limit (name, size) values (%s, %s)", [name, size])
        ids = shared_broker.submit([{"func": "m:f", "user": "me", **demand} for demand in demands], {})
        hosts = Farm.of(conn, workers)
        orders = {worker: _order(ids, demands, own) for worker, own in zip(hosts.infos, ranks, strict=False)}
        for worker, own in zip(hosts.infos, ranks, strict=False):
            registry.rank(conn, worker, {name: {"rank": rank} for name, rank in own.items()})
        idle: set[int] = set()
        while idle < set(hosts.infos):
            for worker in hosts.infos:
                found = cases(conn, ids, 100)
                for case in found:
                    _check_place(case, found, orders)
                    assert any(reason.holds(case) for reason in REASONS), case
                _check_names(shared_broker, found)
                expected = _first(found, worker, orders[worker])
                claimed = hosts.claim(worker)
                assert claimed == expected or _makes_room(conn, worker) or _is_kept(found, expected, orders[worker])
                idle = {*idle, worker} if claimed is None else set()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(demand=_DEMANDS, worker=_WORKERS)
def test_a_worker_lacks_nothing_exactly_where_the_task_fits_it(
    shared_broker: Broker, demand: dict[str, Any], worker: WorkerInfo
) -> None:
    with shared_broker.database.connection() as conn:
        conn.execute("truncate aque.task, aque.spec, aque.worker, aque.queue, aque.reservation, aque.named_limit")
        task, made = (
            shared_broker.submit([{"func": "m:f", "user": "me", **demand}], {})[0],
            registry.register(conn, worker),
        )
        row = conn.execute(
            "select aque.misfits(w, s, t.memory) = 0, aque.fits(w, s) and t.memory <= w.memory"
            " from aque.task t join aque.shape s on s.id = t.shape_id, aque.worker w where t.id = %s and w.id = %s",
            [task, made],
        ).fetchone()
        assert row
        assert row[0] == row[1]
