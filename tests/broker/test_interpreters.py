"""Tasks in any Python: one that knows nothing of aque, one of a virtual environment, and what they find around them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import aque
from aque.core import child
from aque.core.broker import Broker
from aque.core.imports import extra_path
from tests import work

pytestmark = pytest.mark.usefixtures("worker")

_MODULE = """
import sys
class Point:
    def __init__(self, x): self.x = x
    def __eq__(self, other): return type(other) is Point and self.x == other.x
def where(): return [list(sys.version_info[:2]), sys.prefix, sys.path]
def same(value): return value
def move(point, by): return Point(point.x + by)
"""


def _pythons() -> list[str]:
    """The system's Python and the oldest that serves, as far as they are here."""
    found = [Path("/usr/bin/python3"), *(Path.home() / ".pyenv" / "versions").glob("3.8.*/bin/python")]
    return [str(each) for each in found if each.exists() and _version(each) >= (3, 8)] or [sys.executable]


def _version(python: Path) -> tuple[int, ...]:
    told = subprocess.run([python, "-c", "import sys; print(*sys.version_info[:2])"], stdout=-1, check=True).stdout
    return tuple(map(int, told.split()))


@pytest.fixture
def queue(broker: Broker, tmp_path: Path) -> aque.Queue:
    (tmp_path / "points.py").write_text(_MODULE)
    return aque.Queue(broker=broker, cwd=tmp_path)


@pytest.mark.parametrize("python", _pythons())
def test_a_task_runs_in_its_own_interpreter_without_aques_dependencies(
    queue: aque.Queue, tmp_path: Path, python: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    import points  # type: ignore[import-not-found]

    version, _, path = queue.submit_ex("points:where", interpreter=python).result(30)
    assert tuple(version) == _version(Path(python))
    assert path[0] == str(tmp_path)
    assert not [each for each in path if each.startswith(str(Path(child.__file__).parent))]
    assert queue.submit_ex(points.move, (points.Point(1), 2), interpreter=python).result(30) == points.Point(3)
    values = [{"a": (1, b"x")}, {1, 2}, tmp_path]
    assert queue.submit_ex("points:same", (values,), interpreter=python).result(30) == values


def test_a_task_in_a_virtual_environment_sees_its_packages(queue: aque.Queue, tmp_path: Path) -> None:
    home = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    (site,) = home.glob("lib/python*/site-packages")
    (site / "only_there.py").write_text("def found(): return __file__\n")
    python = str(home / "bin" / "python")
    assert queue.submit_ex("only_there:found", interpreter=python).result(30) == str(site / "only_there.py")
    assert queue.submit_ex("points:where", interpreter=python).result(30)[1] == str(home)


def test_an_interpreter_that_is_gone_is_an_error_of_that_task(queue: aque.Queue) -> None:
    error = queue.submit_ex("points:where", interpreter="/no/such/python").exception(30)
    assert "/no/such/python" in str(error)


def test_what_an_interpreter_finds_itself_is_not_handed_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled packages of one version break another; folders that only look alike are passed on."""
    import site
    import sysconfig

    own = [*site.getsitepackages(), site.getusersitepackages(), sysconfig.get_path("stdlib")]
    monkeypatch.setattr(sys, "path", [*own, f"{own[0]}/sub", "/usr", "/no/such", ""])
    assert extra_path() == os.pathsep.join(["/usr", str(Path.cwd())])


def test_a_task_knows_the_broker_that_it_came_from(queue: aque.Queue, broker: Broker) -> None:
    elsewhere = {**os.environ, "AQUE_BROKER": "postgresql://nobody@127.0.0.1:1/none"}
    cwd = Path(__file__).parents[2]
    assert queue.submit_ex(work.own_broker, environ=elsewhere, cwd=cwd).result(30) == broker.to_url()
    assert queue.submit_ex(work.submit_there, (20,), environ=elsewhere, cwd=cwd).result(60) == 21


def test_outside_of_tasks_the_current_broker_is_the_default_one(monkeypatch: pytest.MonkeyPatch, server: Path) -> None:
    monkeypatch.setenv("AQUE_BROKER", f"embedded:{server}")
    assert aque.current_broker() is aque.get_broker()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's worker runs tasks of others")
def test_a_task_of_another_user_is_run_by_an_interpreter_too(queue: aque.Queue) -> None:
    result: Any = queue.submit_ex("os:geteuid", user="nobody", cwd="/", interpreter="/usr/bin/python3").result(30)
    assert result != 0
