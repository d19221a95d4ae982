"""What runs inside a task's own interpreter: real processes of every Python that is here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aque.core import child
from aque.core.child import codec
from aque.core.child.codec import Reference

_BOOT = str(Path(child.__file__).with_name("boot.py"))
_WAIT = 60  # seconds, far more than a child needs


def _pythons() -> list[str]:
    """The interpreters of 3.8 to 3.13 that pyenv has, and the one that runs this."""
    found = {sys.executable: None}
    for minor in range(8, 14):
        homes = sorted((Path.home() / ".pyenv" / "versions").glob(f"3.{minor}.*/bin/python"))
        found.update({str(home): None for home in homes[-1:]})
    return list(found)


every_python = pytest.mark.parametrize("python", _pythons(), ids=lambda path: Path(path).parts[-3])


@dataclass
class Ended:
    """All that a child left."""

    status: int
    lines: list[dict[str, Any]]
    raw: str
    stdout: str
    stderr: str

    @property
    def value(self) -> Any:
        assert self.lines[-1]["type"] == "result", (self.lines, self.stderr)
        assert self.status == 0
        return codec.from_tree(self.lines[-1]["value"])

    @property
    def error(self) -> dict[str, Any]:
        assert self.lines[-1]["type"] == "error", self.lines
        assert self.status == 1
        error: dict[str, Any] = self.lines[-1]["error"]
        return error


def start(message: dict[str, Any], cwd: Path, python: str = sys.executable, **more: Any) -> tuple[Any, int]:
    """The process, and the descriptor that its lines are read from."""
    source, into = os.pipe()
    out, back = os.pipe()
    environ = {**os.environ, "AQUE_INPUT_FD": str(source), "AQUE_MESSAGE_FD": str(back), **more.pop("environ", {})}
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **more}
    process = subprocess.Popen([python, _BOOT], cwd=cwd, env=environ, pass_fds=(source, back), **settings)
    os.close(source)
    os.close(back)
    with os.fdopen(into, "w") as stream:
        json.dump(message, stream)
    return process, out


def run(func: str, cwd: Path, *args: Any, python: str = sys.executable, **more: Any) -> Ended:
    """Run a function in a child and wait for its end."""
    told = {
        "task": {
            "id": 7,
            "name": "n",
            "attempt": 2,
            "func": func,
            "args": json.dumps([codec.to_tree(arg) for arg in args]),
            "kwargs": json.dumps({name: codec.to_tree(arg) for name, arg in more.pop("kwargs", {}).items()}),
            **more.pop("task", {}),
        },
        "run": more.pop("run", "generic"),
        "dependencies": more.pop("dependencies", []),
        "broker": "embedded:/x",
    }
    process, out = start(told, cwd, python, **more)
    with os.fdopen(out, encoding="utf-8") as stream:
        raw = stream.read()
    stdout, stderr = process.communicate(timeout=_WAIT)
    lines = [json.loads(line) for line in raw.splitlines()]
    return Ended(process.returncode, lines, raw, stdout or "", stderr or "")


def made(id: int, result: Any = None, **more: Any) -> dict[str, Any]:
    """A dependency that succeeded."""
    return {
        "id": id,
        "name": f"d{id}",
        "state": "success",
        "exit_code": 0,
        "result": codec.encode(result),
        "stdout": None,
        **more,
    }


_WORK = """
import sys, os

def add(a, b=0):
    return a + b

def kind(value):
    return type(value).__name__

async def later(value):
    import asyncio
    await asyncio.sleep(0)
    return value

def fail(*message):
    raise ValueError(*message)

class Weird(Exception):
    def __init__(self, number, *, why):
        super().__init__("%s because %s" % (number, why))
        self.number = number

def weird():
    raise Weird(3, why="so")

def leave(code):
    print("left")
    sys.exit(code)

def interrupt():
    raise KeyboardInterrupt

def unstorable():
    return lambda: 1

def steps():
    current = sys.modules["_aque_child.current"]
    current.progress(1)
    current.progress(3, 10, "frame \\0 \\ud800")
    task = current.current_task()
    return [task.id, task.name, task.attempt, task.fields["func"], current.broker_url()]

def surroundings():
    names = [name for name in os.environ if name in ("AQUE_INPUT_FD", "AQUE_MESSAGE_FD", "AQUE_SYS_PATH")]
    main = vars(sys.modules["__main__"])
    return [names, sys.path, sorted(k for k in main if not k.startswith("__") or k == "__file__"), sys.argv]

def descriptors():
    import subprocess
    code = "import os; print([n for n in range(3, 64) if os.path.exists('/dev/fd/%d' % n)])"
    return subprocess.run([sys.executable, "-c", code], close_fds=False, stdout=-1).stdout.decode().strip()

def fork():
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
    return pid > 0

def fork_fails():
    pid = os.fork()
    if not pid:
        raise ValueError("only the fork")
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def spawn():
    import multiprocessing
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.map(add, [1, 2])

class Broken(Exception):
    def __str__(self):
        raise TypeError
    def __reduce__(self):
        raise TypeError

def broken():
    raise Broken

def thread():
    import threading
    threading.Thread(target=lambda: (threading.main_thread().join(), print("after"))).start()
    return 1

def mark():
    open("mark", "w").close()

def say():
    print("x" * 10)

def say_and_fail():
    say()
    fail("said")

def say_past_another():
    import io
    say()
    sys.stdout = io.StringIO()

def wait():
    import signal
    print("up", flush=True)
    signal.pause()

class Pattern:
    def run(self, task, dependencies):
        return ["pattern", task["id"], task["args"], [each["result"] for each in dependencies]]

def lenient(task, dependencies):
    try:
        task["args"]
    except Exception as error:
        return [task["kwargs"], task["extra"], str(error)]

def pattern(task, dependencies):
    return ["callable", task["name"], len(dependencies)]
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder with a module `work`, and with names that the child's own files have."""
    (tmp_path / "work.py").write_text(_WORK)
    return tmp_path


@every_python
def test_a_function_is_called_with_its_arguments(work: Path, python: str) -> None:
    assert run("work:add", work, 1, python=python, kwargs={"b": 2}).value == 3


@every_python
def test_values_pass_between_pythons_unchanged(work: Path, python: str) -> None:
    values = [(1, {2}), {"a": b"x"}, Path("/x"), 10**5000, float("inf"), "\0\ud800", slice(1, 2)]
    back = run("work:add", work, values, [], python=python).value
    assert back == values
    assert [type(each) for each in back] == [type(each) for each in values]


@every_python
def test_a_coroutine_is_awaited(work: Path, python: str) -> None:
    assert run("work:later", work, 5, python=python).value == 5


@every_python
def test_an_error_tells_its_type_message_value_and_the_tasks_own_frames(work: Path, python: str) -> None:
    error = run("work:fail", work, "no", python=python).error
    assert (error["type"], error["message"]) == ("builtins:ValueError", "no")
    assert "work.py" in error["traceback"]
    assert str(Path(_BOOT).parent) not in error["traceback"]
    assert repr(codec.from_tree(error["value"])) == "ValueError('no')"


@every_python
def test_an_error_whose_init_takes_other_arguments_comes_back_as_it_was(
    work: Path, python: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(work)
    monkeypatch.delitem(sys.modules, "work", raising=False)
    error = run("work:weird", work, python=python).error
    back: Any = codec.from_tree(error["value"])
    assert (error["type"], str(back), back.number) == ("work:Weird", "3 because so", 3)


@every_python
def test_progress_is_told_in_texts_that_the_database_takes(work: Path, python: str) -> None:
    ended = run("work:steps", work, python=python)
    assert [line["type"] for line in ended.lines] == ["progress", "progress", "result"]
    assert ended.lines[0] == {"type": "progress", "done": 1, "total": None, "message": None}
    assert ended.lines[1]["message"] == "frame \\x00 \\ud800"
    assert "\\u0000" not in ended.raw
    assert ended.value == [7, "n", 2, "work:steps", "embedded:/x"]


@pytest.mark.parametrize("code", [0, None])
def test_leaving_with_zero_is_success(work: Path, code: Any) -> None:
    ended = run("work:leave", work, code)
    assert (ended.value, ended.stdout) == (None, "left\n")


@pytest.mark.parametrize(("code", "message"), [(3, "3"), ("words", "words"), (True, "True")])
def test_leaving_with_anything_else_is_an_error(work: Path, code: Any, message: str) -> None:
    error = run("work:leave", work, code).error
    assert (error["type"], error["message"]) == ("builtins:SystemExit", message)


def test_an_interrupt_is_an_error_and_not_a_lost_task(work: Path) -> None:
    assert run("work:interrupt", work).error["type"] == "builtins:KeyboardInterrupt"


@every_python
def test_a_result_that_cannot_be_stored_is_an_error_by_the_name_the_core_knows(work: Path, python: str) -> None:
    error = run("work:unstorable", work, python=python).error
    assert error["type"] == "aque.core.child.errors:EncodeError"
    assert "lambda" in error["message"]
    assert type(codec.from_tree(error["value"])).__module__ == "aque.core.child.errors"


def test_an_argument_that_cannot_be_read_is_named(work: Path) -> None:
    error = run("work:add", work, task={"args": '[1, {"$name": "gone:x"}]'}).error
    assert error["type"] == "aque.core.child.errors:DecodeError"
    assert error["message"].startswith("argument 2: ")
    assert "gone" in error["message"]
    assert "\n" not in error["message"]


def test_where_pickle_is_forbidden_the_argument_and_the_type_are_named(work: Path) -> None:
    forbidden = {"AQUE_PICKLE": "0"}
    error = run("work:add", work, 1, kwargs={"b": slice(1)}, environ=forbidden).error
    told = "a stored value of type builtins:slice is pickled, which AQUE_PICKLE=0 forbids to read here"
    assert error["message"] == f"argument b: {told}"
    error = run("builtins:slice", work, 1, environ=forbidden).error
    assert error["message"].startswith("the result: a value of type builtins:slice can only be pickled")


def test_a_function_that_is_gone_is_told_in_one_line(work: Path) -> None:
    error = run("work:gone", work).error
    assert error["type"] == "aque.core.child.errors:DecodeError"
    assert "gone" in error["message"]
    assert "\n" not in error["message"]
    assert error["traceback"] == ""


def test_a_module_that_fails_on_import_shows_where(work: Path) -> None:
    (work / "half.py").write_text("import work\nwork.fail('half way')\n")
    error = run("half:f", work).error
    assert error["message"] == "cannot import 'half': ValueError: half way"
    assert "half.py" in error["traceback"]
    assert "importlib" not in error["traceback"]


def test_references_stand_for_what_dependencies_made(work: Path) -> None:
    given = [made(1, 20), made(2, stdout="text")]
    assert run("work:add", work, Reference(1), 1, dependencies=given).value == 21
    assert run("work:kind", work, Reference(2, "stdout"), dependencies=given).value == "str"
    assert "no dependency" in run("work:kind", work, Reference(3), dependencies=given).error["message"]


@every_python
def test_reduce_folds_the_results_in_the_order_of_the_dependencies(work: Path, python: str) -> None:
    given = [made(2, "b"), made(1, "a")]
    assert run("work:add", work, run="reduce", dependencies=given, python=python).value == "ba"
    assert run("work:add", work, "_", run="reduce", dependencies=given, python=python).value == "_ba"


def test_another_pattern_is_a_class_with_run_or_any_callable(work: Path) -> None:
    given = [made(4, {5})]
    ended = run("", work, (1, 2), Reference(4), run="work:Pattern", dependencies=given)
    assert ended.value == ["pattern", 7, [(1, 2), {5}], [{5}]]
    assert run("", work, run="work:pattern", dependencies=given).value == ["callable", "n", 1]


def test_a_pattern_reads_what_can_be_read_beside_what_cannot(work: Path) -> None:
    task = {"args": '[1, {"$name": "gone:x"}]', "extra": '{"shot": {"$tuple": [1]}}'}
    kwargs, extra, error = run("", work, run="work:lenient", kwargs={"b": b"x"}, task=task).value
    assert (kwargs, extra) == ({"b": b"x"}, {"shot": (1,)})
    assert error.startswith("argument 2: ")


@every_python
def test_a_script_is_loaded_without_its_guarded_part_and_its_classes_come_back(work: Path, python: str) -> None:
    script = work / "script"
    script.write_text(
        "class Point:\n    def __init__(self, x): self.x = x\n"
        "def make(x): return Point(x)\n"
        "def read(point): return [type(point) is Point, point.x]\n"
        "if __name__ == '__main__': raise SystemExit('ran')\n"
    )
    tree = run(f"{script}:make", work, 3, python=python).lines[-1]["value"]
    ended = run(f"{script}:read", work, task={"args": json.dumps([tree])}, python=python)
    assert ended.value == [True, 3]


@every_python
def test_nothing_of_the_child_shadows_a_tasks_imports(work: Path, python: str) -> None:
    """The folder of boot.py on sys.path would make `import codec` find aque's; the task's own folder comes first."""
    (work / "queue.py").write_text(
        "import sys\ndef where(name):\n    __import__(name)\n    return sys.modules[name].__file__\n"
    )
    (work / "main.py").write_text("")
    assert run("queue:where", work, "main", python=python).value == str(work / "main.py")
    for name in ("codec", "forms", "boot", "errors"):
        assert run("queue:where", work, name, python=python).error["type"] == "builtins:ModuleNotFoundError"


@every_python
def test_main_and_the_environment_are_left_clean(work: Path, python: str) -> None:
    extra = work / "extra"
    environ = {"AQUE_SYS_PATH": os.pathsep.join([str(extra), str(work), ""])}
    names, path, main, argv = run("work:surroundings", work, python=python, environ=environ).value
    assert (names, main, argv) == ([], [], [""])
    assert (path[0], path[-1], path.count(str(work))) == (str(work), str(extra), 1)


def test_files_of_the_tasks_folder_do_not_take_the_place_of_what_the_child_needs(work: Path) -> None:
    for name in ("json", "functools", "select", "ctypes", "importlib", "typing"):
        (work / f"{name}.py").write_text("raise SystemExit('shadowed')")
    assert run("operator:add", work, 1, 2).value == 3


def test_a_safe_path_loses_nothing_of_the_standard_library(work: Path) -> None:
    """With it Python puts no folder of the script in front, and the first entry is one of its own."""
    plain, safe = (
        run("work:surroundings", work, environ=environ).value[1] for environ in ({}, {"PYTHONSAFEPATH": "1"})
    )
    assert safe == plain
    assert safe[0] == str(work)


@every_python
def test_processes_that_multiprocessing_spawns_find_the_tasks_functions(work: Path, python: str) -> None:
    assert run("work:spawn", work, python=python).value == [1, 2]


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="descriptors cannot be listed here")
def test_programs_that_a_task_starts_do_not_hold_its_pipes(work: Path) -> None:
    assert run("work:descriptors", work).value == "[]"


def test_a_fork_that_returns_does_not_tell_a_second_result(work: Path) -> None:
    ended = run("work:fork", work)
    assert (len(ended.lines), ended.value) == (1, True)


def test_a_fork_that_fails_shows_why_and_leaves_the_task_its_own_end(work: Path) -> None:
    ended = run("work:fork_fails", work)
    assert (len(ended.lines), ended.value) == (1, 1)
    assert "ValueError: only the fork" in ended.stderr


def test_an_exception_that_cannot_even_be_shown_is_told(work: Path) -> None:
    error = run("work:broken", work).error
    assert (error["type"], error["value"]) == ("work:Broken", None)


def test_threads_end_before_the_interpreter_does(work: Path) -> None:
    ended = run("work:thread", work)
    assert (ended.value, ended.stdout) == (1, "after\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
@pytest.mark.parametrize("func", ["say", "say_past_another"])
def test_output_that_could_not_be_written_is_no_success(work: Path, func: str) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123
        error = run(f"work:{func}", work, stdout=full, environ={"PYTHONUNBUFFERED": ""}).error
    assert error["type"] == "builtins:OSError"


def test_a_failure_is_told_rather_than_the_output_that_was_lost_with_it(work: Path) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123
        error = run("work:say_and_fail", work, stdout=full, environ={"PYTHONUNBUFFERED": ""}).error
    assert error["message"] == "said"


def test_a_folder_that_is_gone_is_no_reason_to_fail(tmp_path: Path, work: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = ["sh", "-c", 'cd "$1" && rmdir "$1" && shift && exec "$@"', "sh", str(gone)]
    source, into = os.pipe()
    out, back = os.pipe()
    told = {"task": {"id": 1, "func": "operator:add", "args": "[1, 2]"}, "run": "generic", "dependencies": []}
    os.write(into, json.dumps(told).encode())
    os.close(into)
    environ = {**os.environ, "AQUE_INPUT_FD": str(source), "AQUE_MESSAGE_FD": str(back)}
    subprocess.run([*command, sys.executable, _BOOT], env=environ, pass_fds=(source, back), timeout=_WAIT)
    os.close(source)
    os.close(back)
    with os.fdopen(out) as stream:
        assert json.loads(stream.read())["value"] == 3


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
@every_python
def test_a_child_dies_with_the_process_that_started_it(work: Path, python: str) -> None:
    """A task that outlives a runner that was killed would run twice."""
    starter = (
        "import sys; from pathlib import Path; from tests.unit.test_child import start\n"
        "told = {'task': {'id': 1, 'func': 'work:wait'}, 'run': 'generic', 'dependencies': []}\n"
        "child, out = start(told, Path(sys.argv[1]), sys.argv[2])\n"
        "print(child.pid, child.stdout.readline(), flush=True); sys.stdin.read()\n"
    )
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", starter, str(work), python]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid, word = parent.stdout.readline().split()
        assert word == "up"
        watched = os.pidfd_open(int(pid))
        parent.send_signal(signal.SIGKILL)
    try:
        import select

        assert select.select([watched], [], [], _WAIT)[0]
    finally:
        os.close(watched)


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_a_child_whose_runner_was_gone_before_it_began_does_nothing(work: Path) -> None:
    source, into = os.pipe()
    os.write(into, json.dumps({"task": {"func": "work:mark"}, "run": "generic", "dependencies": []}).encode())
    os.close(into)
    out, back = os.pipe()
    os.close(out)
    environ = {**os.environ, "AQUE_INPUT_FD": str(source), "AQUE_MESSAGE_FD": str(back)}
    ended = subprocess.run([sys.executable, _BOOT], cwd=work, env=environ, pass_fds=(source, back), timeout=_WAIT)
    os.close(source)
    os.close(back)
    assert ended.returncode == -signal.SIGKILL
    assert not (work / "mark").exists()


def test_aque_finds_the_task_that_runs_it(work: Path) -> None:
    root = str(Path(__file__).parents[2])
    (work / "mine.py").write_text("import aque\ndef own():\n    aque.progress(1)\n    return aque.current_task().id\n")
    ended = run("mine:own", work, environ={"AQUE_SYS_PATH": root})
    assert ended.value == 7
    assert ended.lines[0]["type"] == "progress"
