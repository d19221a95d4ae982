"""Why tasks do not run, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aque.core import farm
from aque.core import why as why_module
from aque.core.broker import Broker
from aque.core.db.source import Connection
from aque.core.fields.reasons import MEANINGS
from aque.core.filter import parse
from aque.core.queries import registry, work
from aque.core.queries.work import Outcome
from aque.core.selection import Selection
from aque.core.states import State
from aque.core.steering import Steering
from aque.core.view import View
from aque.core.why import Why, explain

from .backlog import info, submit

_ANY = 1 << 40


def why(broker: Broker, task: int, most: int = 100) -> Why:
    return broker.read(explain, [task], most)[0]


def names(found: Why) -> list[str]:
    return [told.name for told in found.reasons]


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
        registry.register(conn, info(**each))
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
    Steering(broker).set_queue("render", paused=True)
    at = broker.now() + timedelta(hours=2)
    found = why(broker, submit(broker, queue="render", hold=True, run_at=at, dependencies=[submit(broker)]))
    assert names(found) == ["paused", "queue-paused", "dependencies", "time", "no-worker"]
    who = broker.read(lambda conn: conn.execute("select session_user").fetchone())
    assert who
    assert "It was submitted on hold" in found.reasons[0].text
    assert f"was paused by {who[0]} at " in found.reasons[1].text


def test_it_tells_who_paused_a_task_as_long_as_that_lasts(broker: Broker) -> None:
    task = submit(broker)
    Steering(broker).pause(Selection.of([task]))
    (row,) = broker.read(lambda conn: conn.execute("select session_user").fetchall())
    assert why(broker, task).reasons[0].text.startswith(f"It was paused by {row[0]} at ")
    Steering(broker).resume(Selection.of([task]))
    assert "paused" not in names(why(broker, task))


def test_room_that_is_kept_is_told_on_both_sides(broker: Broker, conn: Connection) -> None:
    """Who sees a free cpu and a task that does not take it wants to know what for."""
    worker = registry.register(conn, info(cpus=2.0))
    runs = submit(broker, duration=100.0)
    assert [run.id for run in work.claim(conn, worker, 2.0, _ANY, 9)] == [runs]
    big, small, brief = submit(broker, cpus=2), submit(broker), submit(broker, duration=10.0, priority=999)
    assert "reserved" not in names(why(broker, big))
    assert [run.id for run in work.claim(conn, worker, 1.0, _ANY, 1)] == [brief]
    found = why(broker, big)
    assert (names(found), found.short) == (["reserved", "full"], "w makes room for it")
    work.release(conn, [(brief, _lease(conn, brief))])
    found = why(broker, small)
    assert (names(found), found.short) == (["room-kept", "line"], f"room is kept for {big}")
    assert f"What is free at w is kept for {big}, which" in found.reasons[0].text
    assert "its `duration` is given and it ends within 1m" in found.reasons[0].remedy
    assert names(why(broker, brief)) == ["line"]
    rows = {row.id: row.reason for row in broker.tasks([big, small, brief])}
    assert rows == {big: ["reserved", "full"], small: ["room-kept", "line"], brief: ["line"]}


def _lease(conn: Connection, task: int) -> int:
    (row,) = conn.execute("select lease from aque.task where id = %s", [task]).fetchall()
    return int(row[0])


def test_lists_are_filtered_by_all_reasons(broker: Broker, conn: Connection) -> None:
    held, alone = submit(broker, hold=True), submit(broker)
    assert _found(broker, "no-worker") == {held, alone}
    registry.register(conn, info(cpus=2.0))
    big, odd = submit(broker, cpus=3), submit(broker, tags=["gpu"])
    assert _found(broker, "paused") == {held}
    assert _found(broker, "demand") == {big, odd}
    assert _found(broker, "cpus,paused") == {big, held}
    assert _found(broker, "next") == {alone}


def _found(broker: Broker, name: str) -> set[int]:
    return set(View(broker).ids(Selection(filter=parse(f"reason:{name}"))))


def test_reasons_stand_in_the_order_of_their_declaration() -> None:
    assert [reason.name for reason in why_module.REASONS] == list(MEANINGS)


def test_a_limit_that_is_reached_is_the_reason_until_it_is_raised(broker: Broker, conn: Connection) -> None:
    worker = registry.register(conn, info(cpus=9.0))
    farm.limit(broker, ["few"], 1)
    tasks = [submit(broker, queue="few") for _ in range(2)]
    assert [run.id for run in work.claim(conn, worker, 9.0, _ANY, 9)] == tasks[:1]
    found = why(broker, tasks[1])
    assert (names(found), found.short) == (["limit"], "limit of few: 1/1")
    farm.limit(broker, ["few"], None)
    assert names(why(broker, tasks[1])) == ["next"]


def test_a_named_limit_is_the_reason_until_there_is_enough_of_it(broker: Broker, conn: Connection) -> None:
    """It says which, how much of it is in use, and by whom."""
    worker = registry.register(conn, info(cpus=9.0))
    tasks = [submit(broker, limits={"licence": 2}) for _ in range(3)]
    found = why(broker, tasks[2])
    assert (names(found), found.short) == (["limit-unset"], "limit licence is not set")
    assert "`aque limits set licence N`" in found.reasons[0].remedy
    farm.set_limit(broker, "licence", 1)
    found = why(broker, tasks[2])
    assert (found.reasons[0].name, found.short) == ("limit-small", "2 of licence; there is 1")
    assert "`aque limits set licence 2`" in found.reasons[0].remedy
    farm.set_limit(broker, "licence", 5)
    assert [run.id for run in work.claim(conn, worker, 9.0, _ANY, 9)] == tasks[:2]
    found = why(broker, tasks[2])
    assert (names(found), found.short) == (["limit-full"], "limit licence: 4/5 in use")
    assert found.reasons[0].text == f"It needs 2 of licence: 4 of 5 are in use by {tasks[0]} and {tasks[1]}."
    assert "`aque limits set licence 6`" in found.reasons[0].remedy
    farm.set_limit(broker, "licence", 6)
    assert names(why(broker, tasks[2])) == ["next"]


def test_of_several_limits_those_are_told_that_lack(broker: Broker, conn: Connection) -> None:
    worker = registry.register(conn, info(cpus=99.0))
    farm.set_limit(broker, "a", 7)
    farm.set_limit(broker, "b", 1)
    holders = [submit(broker, limits="a") for _ in range(7)]
    work.claim(conn, worker, 9.0, _ANY, 9)
    found = why(broker, submit(broker, limits={"a": 1, "b": 1, "c": 1, "d": 1}))
    assert names(found) == ["limit-unset", "limit-full"]
    assert found.reasons[0].text == "Its limits c and d are not set."
    assert f"in use by {holders[0]}, {holders[1]}, {holders[2]} and 4 more." in found.reasons[1].text


def test_workers_that_drain_take_it_no_more(broker: Broker, conn: Connection) -> None:
    registry.register(conn, info())
    task = submit(broker)
    assert names(why(broker, task)) == ["next"]
    farm.drain(broker, ["w"])
    assert names(why(broker, task)) == ["draining"]


def test_a_worker_that_is_silent_for_long_is_no_help(broker: Broker, conn: Connection) -> None:
    """After a crash of the only one nobody is there to bury it."""
    registry.register(conn, info())
    conn.execute("update aque.worker set last_active = clock_timestamp() - interval '31 s'")
    assert names(why(broker, submit(broker))) == ["no-worker"]


def test_the_place_in_line_is_counted_up_to_a_bound(broker: Broker, conn: Connection) -> None:
    registry.register(conn, info(cpus=1.0))
    ids = list(broker.submit([{"func": "m:f", "user": "me"} for _ in range(8)], {}))
    other = submit(broker, tags=["gpu"], priority=2000)  # stands in another line
    assert work.claim(conn, 1, 1.0, _ANY, 1)[0].id == ids[0]
    found = broker.read(explain, [*reversed(ids), other], 3)
    assert [each.ahead for each in reversed(found[:-1])] == [None, 0, 1, 2, 3, 4, 4, 4]
    assert [each.short for each in found[:1]] == ["full, >3 before it"]
    assert "More than 3 ready tasks" in found[0].reasons[1].text
    assert found[-1].ahead is None


def test_a_forecast_needs_the_durations_of_all_that_comes_before(broker: Broker, conn: Connection) -> None:
    worker = registry.register(conn, info(cpus=1.0))
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
    worker = registry.register(conn, info())
    first = submit(broker, name="render")
    second = submit(broker, dependencies=[first])
    third = submit(broker, dependencies=[second])
    (run,) = work.claim(conn, worker, 1.0, _ANY, 9)
    found = why(broker, first)
    assert (names(found), found.short) == (["running"], "runs on w")
    now = datetime.now(UTC).timestamp()
    work.complete(conn, [Outcome(run.id, run.lease, State.ERROR, now, now, exit_code=3)])
    assert why(broker, first).short == "error: exit status 3"
    found = why(broker, third)
    assert (names(found), found.short) == (["blame"], f"{first} is error: exit status 3"[:30])
    assert (
        found.reasons[0].text == f"It needed {second}, which needed {first}; {first} (render) is error: exit status 3."
    )


def test_of_one_that_fell_it_tells_what_would_end_it_now(broker: Broker, conn: Connection) -> None:
    """What it ended because of was retried since, and that this is a success was told as the reason."""
    worker = registry.register(conn, info())
    needed = submit(broker), submit(broker)
    fell = submit(broker, dependencies=needed)

    def end(state: State) -> None:
        now, runs = datetime.now(UTC).timestamp(), work.claim(conn, worker, 9.0, _ANY, 9)
        work.complete(conn, [Outcome(run.id, run.lease, state, now, now, exit_code=3) for run in runs])

    end(State.ERROR)
    blamed = min(needed) if str(min(needed)) in why(broker, fell).reasons[0].text else max(needed)
    (other,) = {*needed} - {blamed}
    Steering(broker).retry(Selection.of([blamed]))
    end(State.SUCCESS)
    found = why(broker, fell).reasons[0]
    assert str(blamed) not in found.text
    assert f"{other} (f) is error" in found.text
    assert found.remedy == f"`aque retry {other}` runs that again"


def test_no_text_of_a_task_reaches_a_terminal_or_breaks_a_column(broker: Broker) -> None:
    Steering(broker).set_queue("\x1b[31m" + "q" * 50, paused=True)
    found = why(broker, submit(broker, queue="\x1b[31m" + "q" * 50))
    assert len(found.short) == 30
    assert found.short.endswith("…")
    assert "\x1b" not in found.short + found.reasons[0].text + found.reasons[0].remedy
