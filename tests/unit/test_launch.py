"""What a worker tells of a task to what runs it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from aque.core.account import account
from aque.core.db.source import without_credentials
from aque.core.errors import UsageError
from aque.core.queries.inputs import Inputs, Stdout
from aque.core.queries.work import Captured
from aque.core.runner import kind as runners
from aque.core.worker.inputs import Given
from aque.core.worker.kinds import Kinds, one_of
from aque.core.worker.launch import launch

_BLANK: dict[str, Any] = dict.fromkeys(Captured._fields)
_URL = "postgresql://worker:secret@host:5433/farm?sslmode=require&password=secret&options=-c%20a%3Db"


def _captured(**fields: Any) -> Captured:
    own = {"id": 1, "lease": 2, "attempt": 1, "cpus": 1.0, "memory": 0, "started_at": datetime.now(UTC), "name": "n"}
    return Captured(**{**_BLANK, **own, "pattern": "generic", "func": "os:getcwd", "username": account(), **fields})


def _told(task: Captured, given: Given | None = None) -> Any:
    return json.loads(launch(task, given or Given(), _URL, {}).body)


def test_a_task_of_the_workers_own_user_gets_the_brokers_url() -> None:
    assert _told(_captured())["broker"] == _URL


def test_a_task_of_somebody_else_gets_it_without_what_the_worker_is_let_in_with() -> None:
    """The worker's role captures and completes the tasks of everybody."""
    assert "secret" not in json.dumps(told := _told(_captured(username="somebody else")))
    assert told["broker"] == "postgresql://host:5433/farm?sslmode=require&options=-c%20a%3Db"


@pytest.mark.parametrize("url", ["embedded:", "embedded:/a b?c#d", "postgresql://host/db", "postgresql:///db"])
def test_a_url_without_credentials_stays_as_it_is(url: str) -> None:
    assert without_credentials(url) == url


def test_a_task_is_told_by_the_names_that_users_know() -> None:
    fields = _told(_captured(parent_id=5, groupname="staff", args="[1]"))["task"]
    assert (fields["parent"], fields["group"], fields["user"]) == (5, "staff", account())
    assert (fields["args"], fields["kwargs"], fields["extra"]) == ("[1]", "{}", "{}")
    assert not {"lease", "environ_id", "username", "stdin_value"} & set(fields)


def test_what_is_told_once_and_what_is_told_of_each_are_together_what_one_alone_is_told() -> None:
    """A function must not find out whether it shares its process."""
    task = _captured(id=7, name="seven", args="[7]", kwargs=None, extra='{"a":1}', isolation="shared", priority=3)
    given = Given(Inputs('{"id": [1], "result": ["2"]}'), [Stdout(7, 1, 1, False, b"x")])
    kind = Kinds(_URL, "process").find(task)
    assert kind
    order = one_of(kind, task, given, {"TRACEPARENT": "t"})
    at_the_runner = runners.Kind({**kind.header, "set": {"MARK": "m"}}, kind.body)
    variables, told = at_the_runner.told(order.body)
    alone = launch(task, given, _URL, {"TRACEPARENT": "t"})
    assert variables == {"MARK": "m", **alone.header["set"]}
    encoded = {"args": "[]", "kwargs": "{}", "extra": "{}"}
    fields = json.loads(told)["task"]
    assert {**json.loads(told), "task": {**fields, **{name: fields[name] or encoded[name] for name in encoded}}} == (
        json.loads(alone.body)
    )


def test_tasks_that_differ_in_more_than_their_arguments_are_of_different_kinds() -> None:
    kinds = Kinds(_URL, "shared")
    first = kinds.find(_captured(id=1, args="[1]"))
    assert first is kinds.find(_captured(id=2, args="[2]", lease=9, attempt=2, name="other"))
    assert first is not kinds.find(_captured(timeout=5.0))
    assert first is not kinds.find(_captured(username="somebody else"))


@pytest.mark.parametrize("fields", [{"isolation": "process"}, {"stdout": "out"}, {"pattern": "shell", "args": '["a"]'}])
def test_what_shares_no_process_is_of_no_kind(fields: dict[str, Any]) -> None:
    assert Kinds(_URL, "shared").find(_captured(**fields)) is None


def test_what_belongs_to_others_is_refused_where_it_is_named_alone() -> None:
    """To wait for another's task is nobody's secret; its result is."""
    given = Given(Inputs('{"id": [5]}', [5]))
    assert _told(_captured(args='[{"$result": 55}]'), given)["dependencies"] == {"id": [5]}
    for named in ({"args": '[{"$result": 5}]'}, {"kwargs": '{"x":{"$stdout":5}}'}):
        with pytest.raises(UsageError, match="task 5 belongs to somebody else"):
            _told(_captured(**named), given)


@pytest.mark.parametrize(
    ("stdout", "why"),
    [(Stdout(1, 5, 99, False, None), "99 bytes, more than"), (Stdout(1, 5, 3, True, b"abc"), "is not whole")],
)
def test_stdout_that_is_not_all_there_is_refused(stdout: Stdout, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        _told(_captured(), Given(Inputs('{"id": [5]}'), [stdout]))


def test_stdout_is_told_where_it_was_asked_for_alone() -> None:
    given = Given(Inputs('{"id": [5, 6], "stdout": [null, null]}'), [Stdout(1, 6, 1, False, b"\xff")])
    assert _told(_captured(), given)["dependencies"] == {"id": [5, 6], "stdout": [None, "\ufffd"]}
