"""What one role may do to another's tasks on a shared server: over TCP with passwords and TLS, in hostile SQL."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from aque.core import farm as farming
from aque.core.acts import describe
from aque.core.broker import Broker
from aque.core.errors import CannotUndo, PermissionDenied, SchemaError, UsageError
from aque.core.queries import events, inputs, recording, registry, work
from aque.core.queue import Queue
from aque.core.undo import undo
from tests.broker.attacks import READS, SPOILS, WRITES, filled
from tests.sharing import Shared, shared_server
from tests.waiting import wait_for
from tests.work import running_worker

SECRET: Final = "the-secret-of-bob"
_PAGE: Final = Path(__file__).parents[2] / "docs" / "security.md"


@pytest.fixture(scope="module")
def server() -> Iterator[Shared]:
    with shared_server() as made:
        yield made


@dataclass(frozen=True)
class World:
    """Bob's tasks: one that waits, one that runs under a lease, and one that is done."""

    server: Shared
    pending: int
    running: int
    lease: int
    worker: int
    done: int
    own: int
    """One of alice's that waits."""

    def names(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("pending", "running", "lease", "worker", "done", "own")}


def _info() -> registry.WorkerInfo:
    return registry.WorkerInfo("w", "h", None, 1, "linux", "root", True, 8.0, 1 << 30, ["run"], [], "0")


def _submit(broker: Broker, user: str, queue: str, **fields: Any) -> int:
    task = {"pattern": "shell", "args": ["cat"], "user": user, "queue": queue, "environ": {"SECRET": SECRET}, **fields}
    return broker.submit([task], {})[0]


@pytest.fixture
def world(server: Shared) -> Iterator[World]:
    with Broker(server.url("bob")) as bob, Broker(server.url("farm")) as farm, Broker(server.url("alice")) as alice:
        running, done = (_submit(bob, "bob", "run", stdin_value=SECRET.encode()) for _ in range(2))
        pending = _submit(bob, "bob", "wait", stdin_value=SECRET.encode(), key=f"key {done}")
        own = _submit(alice, "alice", "wait", environ={})
        bob.read(events.begin, {"action": "x", "selection": "[]", "before": None, "after": "7", "tasks": 0})
        with farm.database.connection() as conn:
            worker = registry.register(conn, _info())
            leases = {each.id: each.lease for each in work.claim(conn, worker, 8, 1 << 30, 8)}
            recording.append(conn, [recording.Piece(done, leases[done], 0, 1, SECRET.encode())])
            now = farm.now().timestamp()
            work.complete(
                conn,
                [work.Outcome(done, leases[done], "success", now, now, 0, result=json.dumps(SECRET))],  # type: ignore[arg-type]
            )
        yield World(server, pending, running, leases[running], worker, done, own)
        with farm.database.connection() as conn:
            registry.leave(conn, worker)


_EVERYTHING: Final = """
select json_agg(to_jsonb(t) || to_jsonb(p) || to_jsonb(s) || jsonb_build_object(
    'result', (select r.value from aque.result r where r.task_id = t.id),
    'output', (select count(*) from aque.output o where o.task_id = t.id),
    'needs', (select count(*) from aque.dependency d where d.task_id = t.id)) order by t.id)::text
from aque.task t join aque.spec p on p.task_id = t.id join aque.shape s on s.id = t.shape_id where t.owner = 'bob'
"""


def _all_of_bobs(server: Shared) -> str:
    with server.admin() as conn:
        return str(conn.execute(_EVERYTHING).fetchone())


@pytest.mark.parametrize("what", READS)
def test_what_is_anothers_is_not_read(world: World, what: str) -> None:
    statement = filled(READS[what], world.names())
    with Broker(world.server.url("alice")) as alice, alice.database.connection() as conn:
        if statement.startswith(b"copy"):
            with conn.cursor().copy(statement) as copy:
                assert SECRET.encode().hex() not in b"".join(bytes(each) for each in copy).decode()
        else:
            for each in statement.split(b";; "):
                found = conn.execute(each)
            assert found.fetchall() == []
    assert f"| {what} |" in _PAGE.read_text("utf-8")


@pytest.mark.parametrize("what", WRITES)
def test_what_is_anothers_is_not_changed(world: World, what: str) -> None:
    before = _all_of_bobs(world.server)
    with (
        Broker(world.server.url("alice")) as alice,
        pytest.raises(PermissionDenied) as caught,
        alice.database.connection() as conn,
    ):
        conn.execute(filled(WRITES[what], world.names()))
    assert caught.value.exit_code == 1
    assert "\n" not in str(caught.value)
    assert _all_of_bobs(world.server) == before
    assert f"| {what} |" in _PAGE.read_text("utf-8")


@pytest.mark.parametrize("what", SPOILS)
def test_what_would_spoil_the_farm_is_not_stored(world: World, what: str) -> None:
    """One row that cannot be compared or added up would end the claims of all workers, or all that runs beside it."""
    with Broker(world.server.url("alice")) as alice, Broker(world.server.url("farm")) as farm:
        with pytest.raises(UsageError) as caught, alice.database.connection() as conn:
            conn.execute(filled(SPOILS[what], world.names()))
        assert "\n" not in str(caught.value)
        with farm.database.transaction() as conn:
            conn.execute("update aque.worker set queues = '{wait}' where id = %s", [world.worker])
            assert world.own in [each.id for each in work.claim(conn, world.worker, 800, 1 << 40, 10_000)]
            raise psycopg.Rollback
    assert f"| {what} |" in _PAGE.read_text("utf-8")


def test_a_search_path_puts_nothing_into_the_owners_functions(world: World) -> None:
    """A function of alice's that stands before the server's own would be run as the owner."""
    with world.server.admin() as conn:
        conn.execute("create schema if not exists evil authorization alice")
    with Broker(world.server.url("alice")) as alice, alice.database.connection() as conn:
        conn.execute(
            "create or replace function evil.pg_has_role(name, text, text) returns bool language sql as 'select true'"
        )
        conn.execute("set search_path = evil, pg_catalog")
        with pytest.raises(psycopg.errors.DatabaseError, match="belongs to bob"):
            conn.execute(f"select from aque.kill('{{{world.pending}}}', 15::smallint, 0, true)".encode())


def test_an_environment_under_anothers_digest_is_ones_own(world: World) -> None:
    """Digests come from the client: bob's next task must not get what alice stored under the one of his."""
    poison = '[{"digest": "\\\\x0101", "vars": "{\\"LD_PRELOAD\\": \\"evil\\"}"}]'
    good = poison.replace("LD_PRELOAD", "HOME")
    for role, environs in (("alice", poison), ("bob", good)):
        with Broker(world.server.url(role)) as broker, broker.database.connection() as conn:
            conn.execute("select aque.prepare('[]', %s)", [environs])
    with Broker(world.server.url("bob")) as bob, bob.database.connection() as conn:
        rows = conn.execute("select vars from aque.environ where digest = '\\x0101'").fetchall()
    assert rows == [('{"HOME": "evil"}',)]


def test_forged_notifications_finish_nothing(world: World) -> None:
    with Broker(world.server.url("bob")) as bob, Broker(world.server.url("alice")) as alice:
        heard: list[object] = []
        bob.bind("task_status", heard.append)
        assert bob.listener.wait(20)
        queue = Queue(broker=bob)
        future = queue.submit_ex("os:getpid", user="bob", queue="wait")
        with alice.database.connection() as conn:
            for payload in ("nonsense", "success 1-", f"success {future.id}", "success 1-999999999999", "'; drop"):
                conn.execute("select pg_notify('aque_task', %s), pg_notify('aque_work', %s)", [payload, payload])
        wait_for(lambda: len(heard) >= 3)
        assert not future.done()
        assert bob.kill([future.id])[0].state == "cancelled"
        wait_for(future.done)


def test_an_act_of_anothers_is_not_undone(world: World) -> None:
    with Broker(world.server.url("bob")) as bob, Broker(world.server.url("alice")) as alice:
        bob.kill([world.pending])
        with bob.database.connection() as conn:
            row = conn.execute("select max(id) from aque.event where who = 'bob'").fetchone()
        assert row
        with pytest.raises(PermissionDenied, match="belongs to bob"):
            undo(alice, row[0])
        with alice.database.connection() as conn:  # nor is what it says changed
            assert conn.execute("update aque.event set after = '{}' where who = 'bob'").rowcount == 0


def test_an_entry_that_cannot_be_read_spoils_no_other(world: World) -> None:
    """On a shared server people may write what they like into the trail, in their own names."""
    with Broker(world.server.url("olga")) as olga:
        row = olga.read(events.latest, 1)[0]
        assert (row.who, describe(row)) == ("bob", "(cannot be read)")
        with pytest.raises(CannotUndo):
            undo(olga, row.id)


def test_the_owner_and_the_operator_may(world: World) -> None:
    server = world.server
    with Broker(server.url("bob")) as bob, Broker(server.url("olga")) as olga:
        assert [piece.data for piece in bob.output(world.done)] == [SECRET.encode()]
        assert [piece.data for piece in olga.output(world.done)] == [SECRET.encode()]
        assert olga.kill([world.pending])[0].state == "cancelled"
        assert undo(olga).by
        assert bob.withdraw([world.pending])[0].state == "cancelled"
        assert farming.limit(olga, ["wait"], 3) == ["wait"]
        assert [each.is_new for each in farming.drain(olga, [str(world.worker)])] == [True]
        assert _submit(olga, "bob", "wait")


def test_all_tasks_are_seen_by_all(world: World) -> None:
    with Broker(world.server.url("alice")) as alice:
        rows = alice.tasks([world.pending, world.done])
        assert [row.state for row in rows] == ["pending", "success"]
        with pytest.raises(PermissionDenied, match="its output, result and environment are for its owner"):
            alice.output(world.done)


def test_who_has_no_part_in_it_is_told_so(server: Shared) -> None:
    with Broker(server.url("mallory")) as mallory, pytest.raises(PermissionDenied, match="grant aque_user to"):
        mallory.tasks()
    with Broker(server.url("alice")) as alice, pytest.raises(SchemaError, match="belongs to aque_owner"):
        alice.database.initialise(shared=True)


def test_a_result_of_anothers_is_not_given_to_a_task_that_depends_on_it(world: World) -> None:
    with Broker(world.server.url("alice")) as alice, Broker(world.server.url("farm")) as farm:
        spy = alice.submit(
            [
                {
                    "func": "builtins:print",
                    "args": [{"$x": 1}],
                    "dependencies": [world.done],
                    "user": "alice",
                    "queue": "wait",
                }
            ],
            {},
        )[0]
        with farm.database.connection() as conn:
            told, barred = inputs.inputs(conn, [spy])[spy]
            assert inputs.stdouts(conn, [(spy, world.done)], 1 << 20) == []
    assert (json.loads(told)["result"], barred) == ([None], [world.done])


def test_shared_twice_is_the_same(server: Shared) -> None:
    """What is made anew at an upgrade are the same rights."""
    rights = """
        select array_agg(x::text order by x::text) from (
            select relname, relacl::text, relrowsecurity::text from pg_class where relnamespace = 'aque'::regnamespace
            union all select proname, proacl::text, prosecdef::text || proconfig::text from pg_proc
            where pronamespace = 'aque'::regnamespace
            union all select tgname, tgrelid::regclass::text, '' from pg_trigger) x
    """
    with server.admin() as conn:
        before = conn.execute(rights).fetchone()
        conn.execute("comment on schema aque is 'functions of another program'")
        with Broker(server.url("aque_owner")) as owner:
            owner.database.initialise()
        assert conn.execute(rights).fetchone() == before


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="a worker of root's")
def test_a_root_worker_gives_no_group_that_the_account_is_not_in(server: Shared) -> None:
    """As the group root, shadow or docker a task of anybody's would be as good as root."""
    with Broker(server.url("nobody")) as person, Broker(server.url("farm")) as farm:
        task = {"pattern": "shell", "args": ["id"], "user": "nobody", "group": "root", "cwd": "/", "queue": "group"}
        ids = person.submit([task], {})
        with running_worker(farm, queues=["group"]):
            wait_for(lambda: person.tasks(ids)[0].state in ("success", "error"))
        assert json.loads(person.tasks(ids)[0].error or "")["message"] == "nobody is not in the group root"
        assert person.output(ids[0]) == []


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="a worker of root's")
def test_a_root_worker_runs_a_role_as_its_account(server: Shared) -> None:
    with Broker(server.url("nobody")) as person, Broker(server.url("farm")) as farm:
        task = {"pattern": "shell", "args": ["id", "-un"], "user": "nobody", "cwd": "/", "queue": "real"}
        with pytest.raises(PermissionDenied, match="run as the account nobody, not as root"):
            person.submit([{**task, "user": "root"}], {})
        ids = person.submit([task], {})
        with running_worker(farm, queues=["real"]):
            wait_for(lambda: person.tasks(ids)[0].state in ("success", "error"))
        assert b"".join(piece.data for piece in person.output(ids[0])) == b"nobody\n"


def test_the_manual_tells_of_no_attack_that_is_not_tried() -> None:
    told = set(re.findall(r"^\| ([^|]+) \| (?:refused|nothing is seen) \|$", _PAGE.read_text("utf-8"), re.MULTILINE))
    assert told == {*READS, *WRITES, *SPOILS}
