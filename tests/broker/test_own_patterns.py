"""Patterns of one's own, from submission to result."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import aque
from aque.core import patterns
from aque.core.broker import Broker
from tests.packages import install
from tests.work import running_worker

_SOURCE = '''
import dataclasses
from aque import Pattern, UsageError

class Render(Pattern):
    """A command that is made of the task's fields; with `dry`, work inside Python instead."""
    def prepare(self, prototype):
        if "scene" not in prototype.extra:
            raise UsageError("a render task needs scene")
        name = f"render {prototype.extra['scene']}"
        return dataclasses.replace(prototype, name=name, memory=prototype.memory or 1000)
    def describe(self, task):
        return f"renders {task['extra']['scene']}" if "extra" in task else task["name"]
    def command(self, task):
        if task["extra"].get("dry"):
            return None
        return ["printf", "%s|", task["extra"]["scene"], task["name"], str(task["id"]), *task["args"]]
    def run(self, task, dependencies):
        return [task["extra"]["scene"], task["args"], [each["result"] for each in dependencies]]

class Plain:
    """Needs nothing of aque."""
    def prepare(self, prototype):
        return dataclasses.replace(prototype, name="plain")
    def run(self, task, dependencies):
        return (task["id"], task["kwargs"])

def count(task, dependencies):
    return len(dependencies)
'''


_POINTS = {"aque.patterns": {"render": "rendering:Render", "count": "rendering:count"}}


@pytest.fixture
def queue(broker: Broker, worker: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[aque.Queue]:
    with install(tmp_path, monkeypatch, "rendering", _SOURCE, _POINTS):
        yield aque.Queue(broker=broker, cwd=tmp_path)


def test_an_installed_pattern_prepares_describes_and_makes_a_command(queue: aque.Queue, broker: Broker) -> None:
    future = queue.submit_ex(pattern="render", scene="a b", args=["--fast"])
    assert future.result(30) == 0
    assert future.output() == f"a b|render a b|{future.id}|--fast|".encode()
    row = broker.tasks([future.id])[0]
    assert (row.name, row.memory) == ("render a b", 1000)
    assert patterns.describe(row.pattern, {"name": row.name}) == "render a b"


def test_without_a_command_its_run_works_inside_the_child(queue: aque.Queue) -> None:
    first = queue.submit_ex("builtins:len", ([1, 2],))
    future = queue.submit_ex(pattern="render", scene="x", dry=True, args=[(1,), first], dependencies=[first])
    assert future.result(30) == ["x", [(1,), 2], [2]]


def test_a_prototype_that_it_refuses_is_not_stored(queue: aque.Queue, broker: Broker) -> None:
    with pytest.raises(aque.UsageError, match="a render task needs scene"):
        queue.submit_ex(pattern="render")
    assert broker.tasks() == []


def test_a_class_that_goes_by_its_name_prepares_and_runs(queue: aque.Queue, broker: Broker) -> None:
    future = queue.submit_ex(pattern="rendering:Plain", kwargs={"a": {1}})
    assert future.result(30) == (future.id, {"a": {1}})
    assert broker.tasks([future.id])[0].name == "plain"


@pytest.mark.parametrize("pattern", ["count", "rendering:count"])
def test_any_callable_is_a_pattern_installed_or_by_its_name(queue: aque.Queue, pattern: str) -> None:
    first = queue.submit_ex(pattern="shell", args=["true"])
    assert queue.submit_ex(pattern=pattern, dependencies=[first]).result(30) == 1


def test_a_pattern_that_the_worker_lacks_is_an_error_of_that_task(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what there is, and the worker goes on."""
    queue = aque.Queue(broker=broker, cwd=tmp_path)
    with install(tmp_path, monkeypatch, "rendering", _SOURCE, _POINTS):
        lost = queue.submit_ex(pattern="render", scene="x")
    with running_worker(broker):
        assert "no such pattern: 'render' (known: generic, group, hook, reduce, shell)" in str(lost.exception(30))
        assert queue.submit_ex(pattern="shell", args=["true"]).result(30) == 0


def test_a_command_hook_that_fails_is_an_error_of_that_task(queue: aque.Queue) -> None:
    error = queue.submit_ex(pattern="render", scene=3).exception(30)
    assert "pattern render: command() returned" in str(error)
    assert queue.submit_ex(pattern="render", scene="x").exception(30) is None
