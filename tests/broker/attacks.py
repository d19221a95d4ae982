"""What a hostile role tries on a shared server, as SQL of its own; docs/security.md has the same table.

`:pending`, `:running` (under `:lease`, by `:worker`) and `:done` are tasks of another's, `:own` is the role's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_PLACE: Final = re.compile(r"(?<!:):(pending|running|lease|worker|done|own)\b")


def filled(statement: str, names: Mapping[str, int]) -> bytes:
    """A statement with ids in their places."""
    return _PLACE.sub(lambda match: str(names[match[1]]), statement).encode()


def _made(user: str, more: str = "") -> tuple[str, str]:
    """What kind of task it is, and its demand."""
    kind = (
        '{"demand": 1, "priority": 1, "duration": 0, "memory": 0, "retries": 0, "retry_delay": 0,'
        f' "hold": false, "guessed": false, "name": "x", "pattern": "shell"{more}}}'
    )
    demand = (
        f'{{"queue": "wait", "username": "{user}", "cpus": 1, "cpu_share": 0, "memory": 0, "host": [], "platform": "",'
        ' "tags": [], "limits": {}, "volume": ""}'
    )
    return kind, demand


def _enter(user: str) -> str:
    kind, demand = _made(user)
    return f"select from aque.enter('{{1}}', '[[]]', '[{kind}]', '{{}}', '[{demand}]', '[]')"


def _store(user: str = "alice", more: str = "", edges: str = "") -> str:
    """A submission of a task with an id that nobody has yet."""
    kind, demand = _made(user, more)
    return (
        "select from aque.submit('{1000000000000}', '{1}', '[[]]',"
        f" '[{kind}]', '{{}}', '[{demand}]', '[]', '[{edges}]', '{{}}', '{{}}', '{{}}', '{{}}')"
    )


def _edge(task: str, needs: str) -> str:
    edge = f'{{"task_id": {task}, "needs_id": {needs}, "condition": "success", "place": 0, "is_child": false}}'
    return _store(edges=edge)


READS: Final = {
    "read the environment of another's task": "select vars from aque.environ where owner = 'bob'",
    "read another's output": "select data from aque.output where task_id = :done",
    "read another's output by COPY": "copy (select data from aque.output) to stdout",
    "read another's result": "select value from aque.result where task_id = :done",
    "smuggle another's output out through a condition": (
        "create function pg_temp.leak(x bytea) returns bool language plpgsql cost 0.0001 as"
        " $$ begin raise exception 'leaked %', x; end $$;; select from aque.output where pg_temp.leak(data)"
    ),
}
WRITES: Final = {
    "read another's stdin": "select stdin_value from aque.spec where task_id = :pending",
    "kill another's task": "select from aque.kill('{:pending}', 15::smallint, 0, true)",
    "signal another's task that runs": "select from aque.kill('{:running}', 10::smallint, null, false)",
    "pause another's task": "select from aque.move('{:pending}', 'pending', 'paused', false)",
    "reprioritise another's task": "select from aque.prioritise('{:pending}', 9, false, false)",
    "edit another's task": """select from aque.edit('{:pending}', '{"name": "mine"}', false)""",
    "edit own and another's task in one go": """select from aque.edit('{:own,:pending}', '{"cpus": 2}', false)""",
    "retry another's task": "select from aque.retry('{:done}', false)",
    "revive another's task": "select from aque.revive('{:done}', '{success}', false)",
    "cancel another's task": "select from aque.cancel('{:pending}', '{pending}', false)",
    "remove another's task": "select from aque.remove('{:done}', false)",
    "lock another's task": "select aque.waiting('{:pending}')",
    "remove past the guard": "select from aque.clear('{:done}', false)",
    "own another's task": "update aque.task set owner = 'alice' where id = :pending",
    "delete another's task": "delete from aque.task where id = :pending",
    "write a task row of one's own": "insert into aque.task (id, shape_id, owner) values (1, 1, 'bob')",
    "put another command into another's task": """update aque.spec set args = '["evil"]' where task_id = :pending""",
    "put another environment under another's task": "update aque.environ set vars = '{}'",
    "complete another's task under its lease": (
        "select from aque.complete('{:running}', '{:lease}', '{success}', '{now}', '{now}', '{0}', '{0}',"
        " '{0}', '{0}', '{0}', '{0}', '{0}', array[null::json], array[null::json])"
    ),
    "give another's run back": "select from aque.release('{:running}', '{:lease}')",
    "take another's run away": "select from aque.interrupt('{:running}', '{:lease}', true, 'x')",
    "bury a worker that lives": "select from aque.forsake('{:worker}')",
    "capture without being a worker": "select from aque.capture(:worker, 8, 1000000, 10)",
    "register a worker": (
        "insert into aque.worker (memory, cpus, pid, name, hostname, platform, username, any_user, version)"
        " values (1, 1, 1, 'x', 'x', 'x', 'x', true, 'x')"
    ),
    "write another's output": "insert into aque.output values (:done, now(), 9, 1, 1, 'x')",
    "settle dependents by hand": "select from aque.settle('{:done}', '{:pending}')",
    "count down another's blockers by a tie": "select from aque.link('{:pending}', '{:done}', '{}', '{}')",
    "tie an edge to another's task": _edge(":pending", ":own"),
    "tie an edge to an id that comes later": _edge("2000000000000", ":own"),
    "give another's task a child": "select from aque.link('{}', '{}', '{:pending}', '{:own}')",
    "run as root": _store("root"),
    "run as another": _store("bob"),
    "run as another, by the shorter way": _enter("bob"),
    "edit the account of one's own task": """select from aque.edit('{:own}', '{"username": "root"}', false)""",
    "be the child of another's task": _store(more=', "parent_id": :pending'),
    "pause a queue": "insert into aque.queue (name, paused) values ('wait', true)",
    "set a limit": "insert into aque.named_limit values ('licence', 0)",
    "have all tasks removed": "update aque.retention set keep = '0 s'",
    "drain a worker": "update aque.worker set draining = true where id = :worker",
    "forge an act of another's": ("insert into aque.event (who, action, selection) values ('bob', 'kill', '{}')"),
    "have an operator put values into another's task by an undo": (
        "with e as (insert into aque.event (action, selection) values ('edit', '{}') returning id)"
        " insert into aque.event_part (event_id, before, after, ids)"
        """ select id, '{"interpreter": "/tmp/evil"}', '{"interpreter": null}', '{:pending}' from e"""
    ),
    "add to an act of another's": (
        "insert into aque.event_part (event_id, before, after, ids)"
        " select min(id), '{}', '{}', '{}' from aque.event where who <> 'alice'"
    ),
    "take leases": "select nextval('aque.lease_id')",
    "be the operator": "set role aque_operator",
    "be another": "set session authorization bob",
    "replace a function": "alter function aque.guard(bigint[]) rename to gone",
    "put a trigger on tasks": "create trigger t after insert on aque.task execute function aque.check_tasks()",
    "put a function into the schema": "create function aque.evil() returns int language sql return 1",
    "share no more": "delete from aque.sharing",
}
