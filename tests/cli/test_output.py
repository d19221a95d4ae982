"""output: raw and in order, tails, attempts, and many tasks at once."""

from __future__ import annotations

import json

import pytest

from aque.core.broker import Broker
from tests.waiting import wait_for

from .conftest import Aque, Start, line

pytestmark = pytest.mark.usefixtures("worker")


def ran(aque: Aque, command: str, *options: str) -> str:
    """The id of a task that is complete."""
    task = aque("submit", *options, "-s", command).stdout.strip()
    aque("wait", task)
    return task


def test_streams_go_where_they_came_from_and_can_be_had_alone(aque: Aque) -> None:
    task = ran(aque, "echo out; echo err >&2")
    both, out, err = (aque("output", *options, task) for options in ([], ["-o"], ["-e"]))
    assert (both.stdout, both.stderr) == ("out\n", "err\n")
    assert (out.stdout, out.stderr) == ("out\n", "")
    assert (err.stdout, err.stderr) == ("err\n", "")


def test_many_tasks_come_one_after_the_other_as_they_were_asked_for(aque: Aque) -> None:
    ids = [ran(aque, f"seq {place} 20000") for place in (5, 3, 4)]
    whole = {place: "".join(f"{number}\n" for number in range(place, 20001)) for place in (5, 3, 4)}
    assert aque("output", *ids).stdout == whole[5] + whole[3] + whole[4]
    assert aque("output", ids[2], ids[0]).stdout == whole[4] + whole[5]
    assert aque("output", "--attempt", "1", *ids[:2]).stdout == whole[5] + whole[3]


def test_tail_shows_the_last_lines_and_nothing_more(aque: Aque) -> None:
    task = ran(aque, "seq 100000; printf end")
    assert aque("output", "--tail", "3", task).stdout == "99999\n100000\nend"
    assert aque("output", "--tail", "0", task).stdout == ""
    assert aque("output", "--tail", "999999", task).stdout.count("\n") == 100_000


def test_each_attempt_can_be_seen_and_one_that_never_was_is_told(aque: Aque) -> None:
    task = ran(aque, "echo run $AQUE_TASK_ID; exit 1", "--retries", "1")
    assert aque("output", "--attempt", "1", task).stdout == aque("output", task).stdout == f"run {task}\n"
    missing = aque("output", "--attempt", "3", task)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "2 attempts" in missing.stderr


def test_an_unknown_task_prints_nothing_of_the_others(aque: Aque) -> None:
    task = ran(aque, "echo out")
    done = aque("output", task, "999999")
    assert (done.returncode, done.stdout) == (4, "")


def test_several_tasks_come_one_after_the_other_in_the_order_asked_for(aque: Aque) -> None:
    one, two = ran(aque, "echo 1; echo 2"), ran(aque, "echo 3")
    assert aque("output", two, one).stdout == "3\n1\n2\n"


def test_json_is_an_object_a_line(aque: Aque) -> None:
    task = ran(aque, r"printf 'a\nb'; printf '\377' >&2")
    rows = [json.loads(each) for each in aque("output", "--json", task).stdout.splitlines()]
    assert [{**each, "id": str(each["id"])} for each in rows if each["stream"] == "stdout"] == [
        {"id": task, "attempt": 1, "stream": "stdout", "text": text} for text in ("a", "b")
    ]
    assert [each["text"] for each in rows if each["stream"] == "stderr"] == ["\ufffd"]


def test_followed_tasks_come_by_whole_lines_with_their_ids(aque: Aque) -> None:
    first, second = ran(aque, "printf 'a\nb'"), ran(aque, "echo c; exit 3")
    done = aque("output", "-w", first, second)
    assert sorted(done.stdout.splitlines()) == sorted([f"[{first}] a", f"[{first}] b", f"[{second}] c"])
    assert (done.returncode, done.stderr) == (1, f"aque: task {second}: exit status 3\n")


def test_a_follower_sees_lines_while_the_task_runs_and_the_attempts_that_follow(
    aque: Aque, start: Start, tmp_path: object
) -> None:
    gate = f"{tmp_path}/gate"
    command = f"echo $0 begins; while ! test -e {gate}; do sleep 0.02; done; rm {gate}; echo ends; exit 1"
    task = aque("submit", "--retries", "1", "-s", command).stdout.strip()
    process = start("output", "-w", task)
    for _ in range(2):
        assert line(process.stdout).endswith("begins\n")
        with open(gate, "w"):  # noqa: PTH123
            assert line(process.stdout) == "ends\n"
    assert process.wait(60) == 1


def test_tail_and_follow_go_on_after_the_tail(aque: Aque, start: Start, tmp_path: object) -> None:
    gate = f"{tmp_path}/gate"
    command = f"seq 5; while ! test -e {gate}; do sleep 0.02; done; echo more"
    task = aque("submit", "-s", command).stdout.strip()
    wait_for(lambda: aque("output", task).stdout.endswith("5\n"))
    process = start("output", "-w", "--tail", "2", task)
    assert [line(process.stdout) for _ in range(2)] == ["4\n", "5\n"]
    with open(gate, "w"):  # noqa: PTH123
        assert line(process.stdout) == "more\n"
    assert process.wait(60) == 0


def test_a_follower_outlives_its_connections(start: Start, aque: Aque, broker: Broker) -> None:
    task = aque("submit", "--hold", "true").stdout.strip()
    process = start("output", "-w", task)
    others = "from pg_stat_activity where query ~ 'with ordinality f' and pid <> pg_backend_pid()"

    def followers() -> int:
        with broker.database.connection() as conn:
            row = conn.execute(f"select count(*) {others}").fetchone()
        return row[0] if row else 0

    wait_for(followers)
    with broker.database.connection() as conn:
        conn.execute(f"select pg_terminate_backend(pid) {others}")
    broker.kill([int(task)])
    assert process.wait(60) == 1
    assert "cancelled by" in str(process.stderr and process.stderr.read())
