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


def _made(user: str = "alice", more: str = "", demand: str = "") -> tuple[str, str]:
    """What kind of task it is, and its demand; of a field that is given twice the last value counts."""
    kind = (
        '{"demand": 1, "priority": 1, "duration": 0, "memory": 0, "retries": 0, "retry_delay": 0,'
        f' "hold": false, "guessed": false, "name": "x", "pattern": "shell"{more}}}'
    )
    demand = (
        f'{{"queue": "wait", "username": "{user}", "cpus": 1, "cpu_share": 0, "memory": 0, "host": [], "platform": "",'
        f' "tags": [], "limits": {{}}, "volume": ""{demand}}}'
    )
    return kind, demand


def _enter(user: str = "alice", more: str = "", demand: str = "", args: str = "") -> str:
    kind, asked = _made(user, more, demand)
    return f"select from aque.enter('{{1}}', '[[{args}]]', '[{kind}]', '{{}}', '[{asked}]', '[]')"


def _store(
    user: str = "alice", more: str = "", edges: str = "", demand: str = "", task: int = 10**12, args: str = ""
) -> str:
    """A submission of a task with an id that nobody has yet."""
    kind, asked = _made(user, more, demand)
    return (
        f"select from aque.submit('{{{task}}}', '{{1}}', '[[{args}]]',"
        f" '[{kind}]', '{{}}', '[{asked}]', '[]', '[{edges}]', '{{}}', '{{}}', '{{}}', '{{}}')"
    )


def _environ(variables: str) -> str:
    return f"""select aque.prepare('[]', '[{{"digest": "\\\\x77", "vars": "{variables}"}}]')"""


def _edge(task: str, needs: str) -> str:
    terms = '"condition": "success", "otherwise": "fail", "is_child": false'
    return _store(edges=f'{{{terms}, "task_ids": [{task}], "needs_ids": [{needs}], "places": [0]}}')


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
    "have another's task need nothing": "select aque.waive('{:pending}')",
    "remove past the guard": "select from aque.clear('{:done}', false)",
    "own another's task": "update aque.task set owner = 'alice' where id = :pending",
    "delete another's task": "delete from aque.task where id = :pending",
    "write a task row of one's own": "insert into aque.task (id, shape_id, owner) values (1, 1, 'bob')",
    "put another command into another's task": """update aque.spec set args = '["evil"]' where task_id = :pending""",
    "put another environment under another's task": "update aque.environ set vars = '{}'",
    "complete another's task under its lease": (
        "select from aque.complete('{:running}', '{:lease}', '{success}', '{0}', '{0}', '{0}', '{0}',"
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
SPOILS: Final = {
    "submit a task whose id spoils all claims": _store(task=-(2**63)),
    "submit a task with no whole amount of a limit": _store(demand=', "limits": {"licence": "x"}'),
    "submit a task with nothing of a limit": _store(demand=', "limits": {"licence": 0}'),
    "submit a task that adds to a limit": _store(demand=', "limits": {"licence": -5}'),
    "submit a task with limits that are none": _store(demand=', "limits": [1]'),
    "submit a task that adds to a worker's cpus": _store(demand=', "cpus": -1000'),
    "submit a task with no number of cpus": _store(demand=', "cpus": "NaN"'),
    "submit a task that adds to a worker's memory": _store(demand=', "memory": -9223372036854775808'),
    "submit a task that has less memory than its demand": _store(more=', "memory": -1'),
    "submit a task whose duration is no number": _store(more=', "duration": "NaN"'),
    "submit a task whose timeout is no number": _store(more=', "timeout": "NaN"'),
    "submit a task whose end no worker can store": _store(more=', "retries": 1, "retry_delay": -1e30'),
    "submit a task of a time that lists cannot show": _store(more=', "run_at": "infinity"'),
    "submit a task with NUL in its arguments": _store(args='"a\\u0000b"'),
    "submit a task with half a character in its arguments": _store(args='"\\ud800"'),
    "edit a task so that it spoils all claims": """select from aque.edit('{:own}', '{"limits": {"x": 0}}', false)""",
    "edit a task so that its end cannot be stored": (
        """select from aque.edit('{:own}', '{"retry_delay": -1e30}', false)"""
    ),
    "have a task run without a run": "select from aque.move('{:own}', 'pending', 'running', false)",
    "have a task succeed without a run": "select from aque.move('{:own}', 'pending', 'success', false)",
    "send a signal that is none": "select from aque.kill('{:own}', 9999::smallint, null, false)",
    "kill a task after no number of seconds": "select from aque.kill('{:own}', 15::smallint, 'NaN', true)",
    "store an environment that is none": _environ("[1]"),
    "store an environment with a variable that is no text": _environ('{\\"PATH\\": [1]}'),
}
"""What would spoil, as it is, the claims, workers or lists of all."""
