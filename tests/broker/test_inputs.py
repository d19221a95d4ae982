"""What runs are told of the tasks that they depend on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from aque.core.broker import Broker
from aque.core.db.source import Connection
from aque.core.queries import inputs, work
from aque.core.queries.recording import Piece, append
from aque.core.queries.work import Captured, Outcome
from aque.core.states import State

from .backlog import register, submit


def _run(conn: Connection, task: int, **ended: Any) -> Captured:
    """Capture the one task that is ready, and end it."""
    (run,) = work.claim(conn, register(conn), 100.0, 1 << 40, 1)
    assert run.id == task
    append(conn, [Piece(run.id, run.lease, 1, 1, f"out {task}".encode()), Piece(run.id, run.lease, 2, 2, b"err")])
    now = datetime.now(UTC).timestamp()
    work.complete(
        conn, [Outcome(run.id, run.lease, **{"state": State.SUCCESS, "started_at": now, **ended}, finished_at=now)]
    )
    return run


def _told(conn: Connection, task: int) -> list[dict[str, Any]]:
    told, barred = inputs.inputs(conn, [task])[task]
    assert barred == []
    columns = json.loads(told)
    rows = zip(*columns.values(), strict=True)
    return [{name: value for name, value in zip(columns, row, strict=True) if value is not None} for row in rows]


def test_a_run_is_told_how_each_ended_in_the_order_in_which_it_names_them(broker: Broker, conn: Connection) -> None:
    fine = submit(broker, name="fine")
    _run(conn, fine, result="[1]", exit_code=0)
    failed = submit(broker, name="failed")
    _run(conn, failed, state=State.ERROR, exit_code=3, error=json.dumps({"message": "no luck"}))
    fell = submit(broker, name="fell", dependencies=[failed])
    task = submit(broker, dependencies=[(each, "complete") for each in (fell, fine, failed)])
    other = submit(broker, dependencies=[(each, "complete") for each in (failed, fine)])
    of_fine = {"id": fine, "name": "fine", "state": "success", "exit_code": 0, "result": "[1]"}
    of_failed = {"id": failed, "name": "failed", "state": "error", "exit_code": 3, "error": "no luck"}
    of_fell = {"id": fell, "name": "fell", "state": "error", "error": f"it needs task {failed}, which is error"}
    assert _told(conn, task) == [of_fell, of_fine, of_failed]
    assert _told(conn, other) == [of_failed, of_fine]


def test_those_that_need_the_same_are_told_the_same_by_one_row(broker: Broker, conn: Connection) -> None:
    """After a fan a worker captures hundreds that need what one brought: its result is sent once, not with each."""
    first = submit(broker)
    alike = [submit(broker, dependencies=[first]) for _ in range(3)]
    other = submit(broker, dependencies=[first, alike[0]])
    found = inputs.inputs(conn, [*alike, other, first])
    assert sorted(found) == [*alike, other]
    assert len({id(found[each]) for each in alike}) == 1
    rows = conn.execute("select tasks from aque.inputs(%s)", [[*alike, other]]).fetchall()
    assert sorted(sorted(row[0]) for row in rows) == [alike, [other]]


def test_stdout_is_read_of_what_is_a_dependency_and_up_to_a_bound(broker: Broker, conn: Connection) -> None:
    """A text in arguments that looks like a reference gives nobody what another task wrote."""
    loud, stranger = submit(broker), submit(broker)
    for each in (loud, stranger):
        _run(conn, each)
    silent = submit(broker)
    task = submit(broker, dependencies=[loud, silent])
    text = f"out {loud}".encode()
    found = inputs.stdouts(conn, [(task, loud), (task, silent), (task, stranger), (task, 1 << 50)], len(text))
    assert sorted((each.id, each.stdout, each.is_cut) for each in found) == [(loud, text, False), (silent, b"", False)]
    (none,) = inputs.stdouts(conn, [(task, loud)], len(text) - 1)
    assert (none.stdout, none.size) == (None, len(text))
