"""execute() runs a DAG in this process, with no broker."""

from __future__ import annotations

from pathlib import Path

import pytest

import aque
from aque.core.task import result_of
from tests import work


def test_dependencies_run_first_and_their_values_arrive() -> None:
    one = {"func": work.add, "args": [1, 2]}
    assert aque.execute({"func": work.add, "args": [result_of(one), 4]}) == 7


def test_reduce_and_shell_and_async_work_as_with_a_broker() -> None:
    parts = [{"func": "builtins:str", "args": [n]} for n in range(3)]
    assert aque.execute({"pattern": "reduce", "func": "operator:add", "dependencies": parts}) == "012"
    assert aque.execute({"pattern": "shell", "args": ["true"]}) == 0
    assert aque.execute({"func": work.slowly, "args": [5]}) == 5


def test_a_command_that_fails_raises() -> None:
    with pytest.raises(aque.TaskError, match="exit status 3"):
        aque.execute({"pattern": "shell", "args": "exit 3"})


def test_a_cycle_is_refused() -> None:
    loop: dict[str, object] = {"func": work.own_id}
    loop["dependencies"] = [loop]
    with pytest.raises(aque.DependencyResolutionError):
        aque.execute(loop)


def test_hooks_are_left_out(tmp_path: Path) -> None:
    """Nothing is told of what was tried here."""
    mark = tmp_path / "mark"
    assert aque.execute({"args": "true", "on_done": f"touch {mark}"}) == 0
    assert not mark.exists()
