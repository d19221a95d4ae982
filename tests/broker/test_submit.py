"""What is refused on submission is refused whole, in one line; what is stored waits for a worker."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import aque
from aque.core.broker import Broker
from aque.core.db.database import Database
from aque.core.queries.submission import read_payload
from aque.core.states import State
from tests import work
from tests.waiting import wait_for


@pytest.fixture
def queue(broker: Broker) -> aque.Queue:
    return aque.Queue(broker=broker)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"func": work.add, "dependencies": [99_999]}, aque.DependencyResolutionError),
        ({"func": lambda: 1}, aque.EncodeError),
        ({"func": work.add, "args": [(n for n in ())]}, aque.EncodeError),
        ({"func": work.add, "pattern": "no-such-pattern"}, aque.PatternMissingError),
        ({"pattern": "shell"}, aque.UsageError),
        ({"pattern": "shell", "args": ["a\0b"]}, aque.UsageError),
        ({"func": work.add, "parent": 99_999}, aque.TaskNotFound),
    ],
)
def test_bad_input_is_told_in_one_line_and_nothing_is_stored(
    queue: aque.Queue, broker: Broker, fields: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        queue.submit_many([{"func": work.add, "args": [1, 2]}, fields])
    assert "\n" not in str(caught.value)
    assert broker.tasks() == []


def test_each_task_has_its_own_fields_however_alike_they_look(queue: aque.Queue, broker: Broker) -> None:
    """Prototypes that differ in nothing but arguments are read once; 1, True and 1.0 are equal, and not the same."""
    given: list[dict[str, Any]] = [
        {"func": work.add, "args": [1, 2], "mark": 1},
        {"func": work.add, "args": [1, True], "mark": True},
        {"func": "operator:sub", "args": (3,), "mark": 1.0},
        {"func": work.add, "mark": 1, "hold": True},
        {"func": work.add, "args": [1, 2], "mark": 1, "dependencies": []},
        {"pattern": "shell", "args": ["true"], "name": "a command"},
        {"func": work.add, "args": [None, [1.5]], "mark": 1},
    ]
    given[4]["dependencies"] = [given[0]]
    order = [1, 0, 5, 4, 3, 2, 6, 1]
    ids = [future.id for future in queue.submit_many([given[n] for n in order])]
    with broker.database.connection() as conn:
        stored = dict(
            conn.execute(
                """
                select p.task_id, json_build_array(p.name, p.args, p.extra, t.state, t.blockers)::text
                from aque.spec p join aque.task t on t.id = p.task_id
                """
            ).fetchall()
        )
    assert {place: json.loads(stored[id_]) for place, id_ in zip(order, ids, strict=True)} == {
        0: ["add", [1, 2], {"mark": 1}, "pending", 0],
        1: ["add", [1, True], {"mark": True}, "pending", 0],
        2: ["sub", [3], {"mark": 1.0}, "pending", 0],
        3: ["add", [], {"mark": 1}, "paused", 0],
        4: ["add", [1, 2], {"mark": 1}, "pending", 1],
        5: ["a command", ["true"], None, "pending", 0],
        6: ["add", [None, [1.5]], {"mark": 1}, "pending", 0],
    }
    assert [json.dumps(json.loads(stored[ids[order.index(n)]])[2]["mark"]) for n in (0, 1, 2)] == ["1", "true", "1.0"]


def test_a_key_is_unique_among_tasks_that_are_not_complete(queue: aque.Queue, broker: Broker) -> None:
    first = queue.submit_ex(work.add, (1, 2), key="nightly")
    with pytest.raises(aque.UsageError, match=r"^the key 'nightly' is taken by a task that is not complete$"):
        queue.submit_ex(work.add, (1, 2), key="nightly")
    broker.kill([first.id])
    queue.submit_ex(work.add, (1, 2), key="nightly")


def test_cancel_stops_a_task_that_waits_and_those_that_need_it(queue: aque.Queue, broker: Broker) -> None:
    first = queue.submit(work.add, 1, 2)
    second = queue.submit(work.add, first, 1)
    assert first.cancel()
    assert {row.id: row.state for row in broker.tasks()} == {first.id: "cancelled", second.id: "cancelled"}


def test_killing_an_unknown_task_touches_none(queue: aque.Queue, broker: Broker) -> None:
    known = queue.submit(work.add, 1, 2)
    with pytest.raises(aque.TaskNotFound):
        broker.kill([known.id, known.id + 1])
    assert broker.tasks([known.id])[0].state == "pending"


def test_a_child_inherits_from_a_parent_that_is_there_and_holds_it_back(queue: aque.Queue, broker: Broker) -> None:
    parent = queue.submit_ex(work.add, (1, 2), priority=7, tags=["gpu"], cpus="/2")
    child = queue.submit_ex(work.add, (1, 2), parent=parent)
    rows = {row.id: row for row in broker.tasks()}
    assert (rows[child.id].priority, rows[child.id].cpu_share, rows[child.id].parent) == (7, 2, parent.id)
    assert rows[parent.id].blockers == 1


def test_a_schema_newer_than_the_program_is_refused(broker: Broker) -> None:
    with broker.database.connection() as conn:
        conn.execute("insert into aque.schema_version (version, program) values (999, 'future')")
    with pytest.raises(aque.SchemaError, match="upgrade aque"):
        Database(broker.to_url()).prepare()


@pytest.mark.usefixtures("server")  # the embedded one, which is brought up to date by itself
def test_functions_of_another_program_are_replaced_by_those_of_this_one(broker: Broker) -> None:
    with broker.database.connection() as conn:
        conn.execute("comment on schema aque is 'functions of yesterday'")
        conn.execute("drop function aque.release")
    with Database(broker.to_url()).connection() as conn:
        assert conn.execute("select to_regproc('aque.release')").fetchone() == ("aque.release",)


@pytest.mark.usefixtures("server")
def test_triggers_that_others_put_on_our_tables_outlast_new_functions(broker: Broker) -> None:
    with broker.database.connection() as conn:
        conn.execute(
            "create function public.note() returns trigger language plpgsql as $$ begin return null; end $$;"
            "create trigger note after update on aque.task for each row execute function public.note();"
            "comment on schema aque is 'functions of yesterday'"
        )
    with Database(broker.to_url()).connection() as conn:
        assert conn.execute("select count(*) from pg_trigger where tgname = 'note'").fetchone() == (1,)


def test_two_processes_that_migrate_at_once_both_find_it_done(broker: Broker) -> None:
    with broker.database.connection() as conn:
        conn.execute("drop schema aque cascade")
    with ThreadPoolExecutor(8) as pool:
        versions = list(pool.map(lambda _: Database(broker.to_url()).initialise(), range(8)))
    assert len(set(versions)) == 1


def test_an_unreachable_broker_is_told_at_once_without_its_password() -> None:
    with pytest.raises(aque.BrokerUnavailable) as caught:
        Broker("postgresql://me:secret@127.0.0.1:1/x").tasks()
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_announcements_survive_their_text_form() -> None:
    assert read_payload("success 3,7-9") == (State.SUCCESS, [range(3, 4), range(7, 10)])


def test_a_task_that_is_submitted_while_a_claim_begins_is_captured_whole(broker: Broker, queue: aque.Queue) -> None:
    """The claim sees what was committed after its statement began; so must what reads the fields of what it got."""
    with broker.database.connection() as one, broker.database.connection() as other:
        worker = one.execute(
            "insert into aque.worker (name, hostname, pid, platform, username, any_user, cpus, memory, version)"
            " values ('w', 'h', 1, 'linux', 'root', true, 2, 1, '0') returning id"
        ).fetchone()
        assert worker
        one.execute("select pg_advisory_lock(7)")
        claim = (
            "with waited as materialized (select pg_advisory_xact_lock(7))"
            f" select c.* from waited, lateral aque.capture({worker[0]}, 2, 1, 9) c"
        )
        with ThreadPoolExecutor(1) as pool:
            captured = pool.submit(lambda: other.execute(claim).fetchall())
            wait_for(lambda: one.execute("select 1 from pg_locks where objid = 7 and not granted").fetchone(), 10)
            future = queue.submit(work.add, 1, 2)
            one.execute("select pg_advisory_unlock(7)")
            assert [row[0] for row in captured.result(10)] == [future.id]


def test_an_environment_that_the_server_lost_is_stored_again(queue: aque.Queue, broker: Broker) -> None:
    """Who submits cannot know what was removed: a task without its environment would run in another."""
    with broker.database.connection() as conn:
        kept = "select count(*) from aque.environ v join aque.spec p on p.environ_id = v.id where p.task_id = %s"
        for fields in ({}, {"dependencies": [{"func": work.add}]}):
            conn.execute("delete from aque.environ")
            task = queue.submit_ex(work.add, (1, 2), **fields).id
            assert conn.execute(kept, [task]).fetchone() == (1,)
