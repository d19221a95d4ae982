"""The commands as people call them: real processes, their streams and exit statuses."""

from __future__ import annotations

import json

import pytest

from .conftest import Aque


def test_submit_prints_an_id_and_a_worker_runs_it_to_the_end(aque: Aque) -> None:
    task = aque("submit", "echo", "hello").stdout.strip()
    assert aque("worker", "-2").returncode == 0
    assert aque("output", task).stdout == "hello\n"
    row = json.loads(aque("status", task, "--json").stdout)
    assert (row["id"], row["state"], row["exit_code"]) == (int(task), "success", 0)


def test_call_reads_arguments_as_json_where_they_parse(aque: Aque) -> None:
    task = aque("call", "builtins:print", "1", "a b", '["x"]', "sep=-").stdout.strip()
    aque("worker", "-1")
    assert aque("output", task).stdout == "1-a b-['x']\n"


def test_wait_exits_with_1_when_a_task_failed(aque: Aque) -> None:
    good, bad = (aque("submit", each).stdout.strip() for each in ("true", "false"))
    aque("worker", "-2")
    assert aque("wait", good).returncode == 0
    assert aque("wait", "-", stdin=f"{good}\n{bad}\n").returncode == 1


@pytest.mark.usefixtures("worker")
def test_submit_w_exits_as_its_command_did(aque: Aque) -> None:
    done = aque("submit", "-w", "-s", "echo out; echo err >&2; exit 7")
    assert (done.stdout, done.stderr, done.returncode) == ("out\n", "err\n", 7)
    assert aque("submit", "-w", "-s", "kill -9 $$").returncode == 137


def test_kill_cancels_what_waits(aque: Aque) -> None:
    task = aque("submit", "true").stdout.strip()
    assert aque("kill", task).returncode == 0
    assert json.loads(aque("status", task, "--json").stdout)["state"] == "cancelled"


@pytest.mark.parametrize(
    ("args", "status", "told"),
    [
        (["status", "999"], 4, "no such task: 999"),
        (["status", "x"], 2, "not the id of a task"),
        (["submit", "--after", "999", "true"], 2, "no such task to depend on: 999"),
        (["submit", "-m", "1Q", "true"], 2, "memory"),
        (["submit", "--env", "x", "true"], 2, "K=V"),
        (["kill", "-s", "NOPE", "1"], 2, "no such signal"),
        (["nonsense"], 2, "No such command"),
    ],
)
def test_bad_input_is_told_in_a_line_with_its_exit_status(aque: Aque, args: list[str], status: int, told: str) -> None:
    done = aque(*args)
    assert (done.returncode, done.stdout) == (status, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unreachable_broker_is_exit_status_3(aque: Aque) -> None:
    done = aque("status", url="postgresql://127.0.0.1:1/none")
    assert done.returncode == 3
    assert done.stderr.startswith("aque: cannot reach the broker")
    assert len(done.stderr.splitlines()) == 1


def test_a_hostile_name_reaches_no_terminal_as_an_escape(aque: Aque) -> None:
    aque("submit", "-n", "\x1b[31mred", "true")
    assert "\x1b" not in aque("status").stdout
