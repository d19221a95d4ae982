"""What a task finds around it in its own interpreter, and how that ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.children import BOOT, WAIT, every_python, run


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


@every_python
def test_a_rehearsal_leaves_nothing_to_the_forks_that_follow(work: Path, python: str) -> None:
    """What it left would be in all tasks: a module, a variable, a folder to import from, a task that is none."""
    code = """
def compare(os, runpy, sys):  # in a function: `__main__` is emptied
    load = runpy.run_path(sys.argv[1])["_load"]
    folder = os.path.dirname(sys.argv[1])
    rehearsal, current = (load(folder, each) for each in ("rehearsal", "current"))
    look = lambda: (sorted(sys.modules), list(sys.path), dict(os.environ), current.current_task())
    before = look()
    rehearsal.rehearse()
    assert look() == before, (look(), before)
compare(*map(__import__, ("os", "runpy", "sys")))
"""
    assert subprocess.run([python, "-c", code, str(BOOT)], cwd=work, check=False).returncode == 0


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
    told = {"task": {"id": 1, "func": "operator:add", "args": "[1, 2]"}, "run": "generic", "dependencies": {}}
    os.write(into, json.dumps(told).encode())
    os.close(into)
    environ = {**os.environ, "AQUE_INPUT_FD": str(source), "AQUE_MESSAGE_FD": str(back)}
    subprocess.run([*command, sys.executable, BOOT], env=environ, pass_fds=(source, back), timeout=WAIT)
    os.close(source)
    os.close(back)
    with os.fdopen(out) as stream:
        assert json.loads(stream.read())["value"] == 3


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
@every_python
def test_a_child_dies_with_the_process_that_started_it(work: Path, python: str) -> None:
    """A task that outlives a runner that was killed would run twice."""
    starter = (
        "import sys; from pathlib import Path; from tests.children import start\n"
        "told = {'task': {'id': 1, 'func': 'work:wait'}, 'run': 'generic', 'dependencies': {}}\n"
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

        assert select.select([watched], [], [], WAIT)[0]
    finally:
        os.close(watched)


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_a_child_whose_runner_was_gone_before_it_began_does_nothing(work: Path) -> None:
    source, into = os.pipe()
    os.write(into, json.dumps({"task": {"func": "work:mark"}, "run": "generic", "dependencies": {}}).encode())
    os.close(into)
    out, back = os.pipe()
    os.close(out)
    environ = {**os.environ, "AQUE_INPUT_FD": str(source), "AQUE_MESSAGE_FD": str(back)}
    ended = subprocess.run([sys.executable, BOOT], cwd=work, env=environ, pass_fds=(source, back), timeout=WAIT)
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
