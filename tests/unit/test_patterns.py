"""Patterns of others: found by entry point or by name, and harmless whatever their hooks do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from aque.core import patterns
from aque.core.errors import EncodeError, PatternMissingError, UsageError
from aque.core.task import Prototype
from tests.packages import install


class Doubling:
    """Derived from nothing, with two of the hooks."""

    def prepare(self, prototype: Prototype) -> Prototype:
        if not prototype.args:
            raise ValueError("nothing to double")
        return Prototype.read({"pattern": prototype.pattern, "args": [*prototype.args, *prototype.args]})

    def describe(self, fields: Mapping[str, Any]) -> str:
        return f"doubles {fields['args']}"

    def run(self, task: Mapping[str, Any], dependencies: object) -> object:
        return task["args"]


class Unmakeable:
    def __init__(self, needed: int) -> None: ...


def no_prototype(prototype: object) -> None: ...


def call(task: object, dependencies: object) -> None: ...


_HERE = __name__


@pytest.fixture
def others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package with patterns, good ones and bad ones."""
    points = {
        "doubling": f"{_HERE}:Doubling",
        "calling": f"{_HERE}:call",
        "unmakeable": f"{_HERE}:Unmakeable",
        "gone": "no_such_module:Pattern",
        "echo": "echoing:Echo",
        "odd": "echoing:Odd",
        "broken": "echoing:Broken",
        "timed": "echoing:Timed",
        "named": "echoing:Named",
    }
    source = (
        "import aque\n"
        "class Echo(aque.Pattern):\n    def command(self, task): return ['echo', task['name'], *task['args']]\n"
        "class Odd(Echo):\n    def command(self, task): return 'echo'\n    def prepare(self, prototype): return 1\n"
        "class Broken(Echo):\n    def command(self, task): return 1 / 0\n    describe = prepare = command\n"
        "from aque.core.patterns import Generic\n"
        "class Named(Generic): pass\n"
        "class Timed(Generic):\n    def run(self, task, dependencies): return 1\n"
    )
    with install(tmp_path, monkeypatch, "echoing", source, {"aque.patterns": points}):
        yield


def _read(pattern: object, **given: Any) -> Prototype:
    return Prototype.read({"pattern": pattern, **given})


@pytest.mark.usefixtures("others")
def test_an_installed_pattern_is_found_with_its_hooks() -> None:
    assert patterns.prepare(_read("doubling", args=[1])).args == (1, 1)
    assert patterns.describe("doubling", {"args": [1]}) == "doubles [1]"
    assert patterns.command("doubling", {"args": [1]}) is None
    assert patterns.command("echo", {"name": "n", "args": ["a"]}) == ["echo", "n", "a"]
    assert patterns.find("doubling").run_as == f"{_HERE}:Doubling"


@pytest.mark.usefixtures("others")
def test_one_that_is_derived_runs_as_its_base_unless_it_has_a_run_of_its_own() -> None:
    assert (patterns.find("named").run_as, patterns.find("timed").run_as) == ("generic", "echoing:Timed")


@pytest.mark.usefixtures("others")
def test_an_installed_callable_is_a_pattern_too() -> None:
    assert patterns.find("calling").run_as == f"{_HERE}:call"
    assert patterns.prepare(_read("calling")).pattern == "calling"


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gone", "no_such_module:Pattern cannot be loaded: ModuleNotFoundError"),
        ("unmakeable", "Unmakeable cannot be loaded: TypeError"),
        ("nothing", "known: broken, calling, doubling"),
    ],
)
def test_a_pattern_that_cannot_be_had_is_told_in_one_line(name: str, told: str) -> None:
    with pytest.raises(PatternMissingError, match=told) as caught:
        patterns.prepare(_read(name))
    assert "\n" not in str(caught.value)
    assert patterns.describe(name, {}) == name


@pytest.mark.usefixtures("others")
def test_what_a_hook_raises_or_returns_amiss_is_told_in_one_line() -> None:
    with pytest.raises(UsageError, match=r"^pattern broken: ZeroDivisionError"):
        patterns.prepare(_read("broken"))
    with pytest.raises(UsageError, match=r"^pattern broken: ZeroDivisionError"):
        patterns.command("broken", {})
    with pytest.raises(UsageError, match=r"^pattern odd: prepare\(\) returned 1"):
        patterns.prepare(_read("odd"))
    with pytest.raises(UsageError, match=r"^pattern odd: command\(\) returned 'echo'"):
        patterns.command("odd", {})
    assert patterns.describe("broken", {}) == "broken"


def test_a_class_by_its_name_has_its_say_on_submission_alone() -> None:
    """A worker and a screen import nothing that a submitter named."""
    name = f"{_HERE}:Doubling"
    assert patterns.prepare(_read(name, args=[1])).args == (1, 1)
    with pytest.raises(UsageError, match="nothing to double"):
        patterns.prepare(_read(name))
    assert patterns.describe(name, {"args": [1]}) == name
    assert patterns.command(name, {}) is None


def test_a_class_or_callable_may_stand_for_its_name() -> None:
    assert _read(Doubling).pattern == f"{_HERE}:Doubling"
    assert _read(call).pattern == f"{_HERE}:call"
    with pytest.raises(EncodeError, match="lambda"):
        _read(lambda task, dependencies: 1)


def test_a_name_that_is_only_known_where_the_task_runs_is_taken_as_it_is() -> None:
    assert patterns.prepare(_read("no_such_module:run")).pattern == "no_such_module:run"


def test_a_call_is_described_with_its_arguments() -> None:
    fields = {"func": "m:f", "args": [1, {"$tuple": ["a"]}], "kwargs": {"k": None}}
    assert patterns.describe("generic", fields) == "m:f(1, ('a',), k=None)"
    assert patterns.describe("generic", {"func": "m:f", "args": list(range(50))}) == "m:f(0, 1, 2, 3, 4, 5, 6, 7, …)"
