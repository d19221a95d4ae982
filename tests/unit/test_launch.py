"""What a worker tells of a task to what runs it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from aque.core.db.source import without_credentials
from aque.core.queries.work import Captured
from aque.core.runner import kind as runners
from aque.core.task import account
from aque.core.worker.kinds import Kinds, one_of
from aque.core.worker.launch import launch

_BLANK: dict[str, Any] = dict.fromkeys(Captured._fields)
_URL = "postgresql://worker:secret@host:5433/farm?sslmode=require&password=secret&options=-c%20a%3Db"


def _captured(**fields: Any) -> Captured:
    own = {"id": 1, "lease": 2, "attempt": 1, "cpus": 1.0, "memory": 0, "started_at": datetime.now(UTC), "name": "n"}
    return Captured(**{**_BLANK, **own, "pattern": "generic", "func": "os:getcwd", "username": account(), **fields})


def _told(task: Captured) -> Any:
    return json.loads(launch(task, [], _URL, {}).body)


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
    inputs = [{"id": 1, "stdout": b"x", "size": 1, "is_barred": False, "is_cut": False, "result": "2"}]
    kind = Kinds(_URL, "process").find(task)
    assert kind
    order = one_of(kind, task, inputs, {"TRACEPARENT": "t"})
    at_the_runner = runners.Kind({**kind.header, "set": {"MARK": "m"}}, kind.body)
    variables, told = at_the_runner.told(order.body)
    alone = launch(task, inputs, _URL, {"TRACEPARENT": "t"})
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
