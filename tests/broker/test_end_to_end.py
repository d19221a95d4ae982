"""Real work through all of it: submitted, captured, run, seen."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

import aque
from aque.core.broker import Broker
from tests import work
from tests.waiting import wait_for

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def queue(broker: Broker) -> aque.Queue:
    return aque.Queue(broker=broker)


def test_a_function_returns_its_value(queue: aque.Queue) -> None:
    assert queue.submit(work.add, 1, 2).result(20) == 3


def test_a_future_as_an_argument_is_a_dependency_and_arrives_as_its_value(queue: aque.Queue) -> None:
    first = queue.submit(work.add, 1, 2)
    assert queue.submit(work.add, first, 10).result(20) == 13


def test_what_a_command_wrote_arrives_in_the_next_task(queue: aque.Queue) -> None:
    command = {"pattern": "shell", "args": ["seq", "5"]}
    assert queue.submit_many([{"func": work.count_lines, "args": [aque.stdout_of(command)]}])[0].result(20) == 5


def test_what_a_silent_command_wrote_is_an_empty_text(queue: aque.Queue) -> None:
    command = {"pattern": "shell", "args": ["true"]}
    assert queue.submit_many([{"func": work.count_lines, "args": [aque.stdout_of(command)]}])[0].result(20) == 0


def test_reduce_folds_results_in_the_order_in_which_they_are_named(queue: aque.Queue) -> None:
    parts = [{"func": "builtins:str", "args": [n]} for n in range(5)]
    joined = {"pattern": "reduce", "func": "operator:add", "dependencies": parts}
    assert queue.submit_many([joined])[0].result(30) == "01234"


def test_a_result_is_seen_while_its_worker_looks_for_more(queue: aque.Queue, broker: Broker, tmp_path: Path) -> None:
    """A claim may take long: those who wait for a result would wait for it as well."""
    os.mkfifo(gate := tmp_path / "gate")
    future = queue.submit(Path.read_text, gate)
    wait_for(future.running)
    with broker.database.source.connect() as conn, conn.transaction():
        conn.execute("lock table aque.shape")  # no claim goes on without it
        gate.write_text("open")
        assert future.result(20) == "open"


def test_map_keeps_the_order(queue: aque.Queue) -> None:
    assert list(queue.map(work.add, [1, 2], [3, 4], timeout=20)) == [4, 6]


def test_an_async_function_is_awaited_and_tells_its_progress(queue: aque.Queue) -> None:
    assert queue.submit(work.slowly, ("a", 1)).result(20) == ("a", 1)


def test_progress_that_is_no_number_spoils_nobodys_json(queue: aque.Queue, broker: Broker) -> None:
    """NaN and Infinity are none: whoever read a list of tasks as JSON could read none of it."""
    future = queue.submit(work.tell, '{"type": "progress", "done": NaN, "total": Infinity, "message": "half"}')
    assert future.exception(20)
    with broker.database.connection() as conn:
        told = conn.execute("select done, total, message from aque.progress where task_id = %s", [future.id]).fetchone()
    assert told == (0, None, "half")


def test_a_task_knows_itself(queue: aque.Queue) -> None:
    future = queue.submit(work.own_id)
    assert future.result(20) == future.id


def test_an_exception_comes_back_as_itself_with_the_tasks_own_traceback_as_cause(queue: aque.Queue) -> None:
    error = queue.submit(work.fail, "no").exception(20)
    assert isinstance(error, ValueError)
    assert error.args == ("no",)
    assert "work.py" in str(error.__cause__)
    assert "_aque_child" not in str(error.__cause__)


def test_decorated_functions_of_a_script_can_be_queued(broker: Broker, tmp_path: Path) -> None:
    """Their names lead to what the decorator made, not to the functions themselves."""
    script = tmp_path / "script.py"
    script.write_text(_SCRIPT)
    environ = {**os.environ, "AQUE_BROKER": broker.to_url()}
    done = subprocess.run([sys.executable, script], env=environ, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("9 16 25 64\n", "")


_SCRIPT = """
import aque

queue = aque.Queue()

@queue.task(cpus=0.5)
def square(x): return x * x

@queue.task
def cube(x): return x ** 3

if __name__ == "__main__":
    futures = square.submit(4), square.options(cpus=1).submit(5), cube.submit(4)
    print(square(3), *(each.result(40) for each in futures))
"""


def test_output_comes_byte_for_byte(queue: aque.Queue) -> None:
    future = queue.submit_ex(pattern="shell", args=r"printf 'a\000b'; printf 'c\377' >&2")
    assert future.result(20) == 0
    assert sorted(future.output()) == sorted(b"a\x00bc\xff")


def test_stdin_value_and_cwd_and_environment_reach_a_command(queue: aque.Queue) -> None:
    future = queue.submit_ex(
        pattern="shell", args="cat; pwd; echo $COLOUR", stdin_value=b"in\n", cwd="/usr", environ={"COLOUR": "red"}
    )
    future.result(20)
    assert future.output() == b"in\n/usr\nred\n"


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["false"], "exit status 1"),
        (["no-such-command"], "not found"),
        ("kill -9 $$", "signal 9"),
    ],
)
def test_a_command_that_fails_says_how(queue: aque.Queue, args: object, told: str) -> None:
    error = queue.submit_ex(pattern="shell", args=args).exception(20)  # type: ignore[arg-type]
    assert isinstance(error, aque.TaskError)
    assert told in str(error)


def test_what_needed_a_failed_task_fails_with_it_all_along_the_chain(queue: aque.Queue) -> None:
    failed = queue.submit(work.fail, "no")
    middle = queue.submit(work.add, failed, 1)
    last = queue.submit(work.add, middle, 1)
    assert isinstance(last.exception(20), aque.DependencyFailedError)
    assert isinstance(middle.exception(20), aque.DependencyFailedError)


def test_conditions_let_tasks_follow_a_failure(queue: aque.Queue) -> None:
    failed = queue.submit(work.fail, "no")
    mended = queue.submit_ex(work.add, (1, 1), dependencies=[(failed, "failure")])
    anyway = queue.submit_ex(work.add, (2, 2), dependencies=[(failed, "complete")])
    assert (mended.result(20), anyway.result(20)) == (2, 4)


def test_a_task_whose_dependency_has_failed_already_fails_at_once(queue: aque.Queue) -> None:
    failed = queue.submit(work.fail, "no")
    failed.exception(20)
    assert isinstance(queue.submit(work.add, failed, 1).exception(20), aque.DependencyFailedError)


def test_kill_stops_a_run(queue: aque.Queue, broker: Broker) -> None:
    future = queue.submit_ex(pattern="shell", args=["sleep", "600"])
    wait_for(future.running)
    broker.kill([future.id])
    assert isinstance(future.exception(20), aque.TaskKilled)
    assert broker.tasks([future.id])[0].state == "killed"


def test_a_retry_runs_again_until_it_succeeds(queue: aque.Queue, tmp_path: object, broker: Broker) -> None:
    mark = f"{tmp_path}/mark"
    future = queue.submit_ex(pattern="shell", args=f"test -e {mark} || {{ touch {mark}; exit 1; }}", retries=1)
    assert future.result(20) == 0
    assert broker.tasks([future.id])[0].attempt == 2


def test_five_hundred_commands_run_once_each(queue: aque.Queue, tmp_path: object) -> None:
    log = f"{tmp_path}/log"
    futures = queue.submit_many({"pattern": "shell", "args": f"echo {n} >> {log}"} for n in range(500))
    assert [future.result(60) for future in futures] == [0] * 500
    with open(log) as lines:  # noqa: PTH123
        assert sorted(map(int, lines)) == list(range(500))


def test_a_value_of_a_prototype_may_stand_deep_in_an_argument(queue: aque.Queue) -> None:
    one = {"func": work.add, "args": [1, 2]}
    total = {"func": "builtins:sum", "args": [[aque.result_of(one), 4]]}
    assert queue.submit_many([total])[0].result(20) == 7


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's worker runs tasks of others")
def test_a_worker_of_roots_runs_a_task_as_its_user(queue: aque.Queue) -> None:
    future = queue.submit_ex(pattern="shell", args="id -un", user="nobody", cwd="/")
    future.result(20)
    assert future.output() == b"nobody\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's worker runs tasks of others")
def test_a_task_of_another_user_is_at_home_there(queue: aque.Queue) -> None:
    """Root's home and name were left in its environment, and whatever it would keep there failed."""
    root, nobody = pwd.getpwnam("root"), pwd.getpwnam("nobody")
    task = {"pattern": "shell", "args": 'echo "$HOME $USER"', "user": "nobody", "cwd": "/"}
    of_root = queue.submit_ex(**task, environ={"HOME": root.pw_dir, "USER": "root"})
    given = queue.submit_ex(**task, environ={"HOME": "/elsewhere", "USER": "somebody"})
    assert [future.result(40) for future in (of_root, given)] == [0, 0]
    assert of_root.output() == f"{nobody.pw_dir} nobody\n".encode()
    assert given.output() == b"/elsewhere somebody\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's worker runs tasks of others")
def test_an_unknown_user_is_an_error_of_that_task(queue: aque.Queue) -> None:
    error = queue.submit_ex(pattern="shell", args=["true"], user="no-such-user").exception(20)
    assert "no-such-user" in str(error)
