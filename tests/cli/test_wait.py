"""wait, workers and init."""

from __future__ import annotations

import json
import pty
import subprocess

import pytest

from aque.core.broker import Broker
from tests.work import running_worker

from .conftest import Aque, Start, argv, interrupt, line


def submit(aque: Aque, *args: str) -> str:
    return aque("submit", *args).stdout.strip()


def test_wait_tells_of_failures_and_exits_with_1(aque: Aque, broker: Broker) -> None:
    good, bad = submit(aque, "true"), submit(aque, "-s", "exit 3")
    with running_worker(broker):
        assert aque("wait", good).returncode == 0
        done = aque("wait", "-", stdin=f"{good} {bad}\n")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"aque: task {bad}: exit status 3\n")
    rows = [json.loads(each) for each in aque("wait", "--json", good, bad).stdout.splitlines()]
    assert {str(row["id"]): (row["state"], row["exit_code"]) for row in rows} == {
        good: ("success", 0),
        bad: ("error", 3),
    }
    assert rows[1]["error"]["message"] == "exit status 3"


def test_wait_any_ends_with_the_first(aque: Aque, broker: Broker) -> None:
    never, good = submit(aque, "--hold", "true"), submit(aque, "true")
    with running_worker(broker):
        assert aque("wait", "--any", never, good).returncode == 0


def test_a_wait_that_takes_too_long_exits_with_1_and_says_for_whom(aque: Aque) -> None:
    never = submit(aque, "--hold", "true")
    done = aque("wait", "--timeout", "0.1s", never)
    assert (done.returncode, done.stderr) == (1, f"aque: not complete after 0.1 s: {never}\n")


def test_what_status_lists_can_be_piped_into_a_verb(aque: Aque) -> None:
    """`aque status --csv id -f … | aque kill -`: the head of the list is no mistake, and nothing below it is no id."""
    ids = [int(submit(aque, "true")) for _ in range(2)]
    listed = aque("status", "--csv", "id", "-f", "state:pending").stdout
    assert listed.split() == ["id", *map(str, reversed(ids))]
    done = aque("kill", "-", stdin=listed)
    assert (done.stderr, done.returncode) == ("2 cancelled\n", 0)
    done = aque("kill", "-", stdin=aque("status", "--csv", "id", "-f", "state:pending").stdout)
    assert (done.stderr, done.returncode) == ("aque: no ids on stdin\n", 1)


def test_lists_of_ids_have_commas_and_ranges(aque: Aque, broker: Broker) -> None:
    ids = [int(submit(aque, "true")) for _ in range(4)]
    assert aque("pause", f"{ids[0]},{ids[2]}-{ids[3]}").stderr == "3 paused\n"
    assert [row.state for row in broker.tasks(ids[1:2])] == ["pending"]
    assert aque("kill", "-", stdin=f"{ids[0]}-{ids[1]},\n{ids[2]}").returncode == 0
    assert submit(aque, "--after-any", f"{ids[0]}-{ids[2]},{ids[3]}", "true")


def test_whoever_waits_is_told_once_that_there_is_no_worker(aque: Aque, start: Start) -> None:
    one = submit(aque, "true")
    told = f"aque: no worker is alive; {one} waits for one (start it with `aque worker`)\n"
    waiting, watching = start("wait", one), start("output", "-w", one)
    assert line(waiting.stderr) == line(watching.stderr) == told
    assert aque("kill", one).returncode == 0
    assert waiting.communicate(timeout=60)[1] == f"aque: task {one}: cancelled by aque\n"
    assert watching.wait(60) == 1


def test_nothing_to_wait_for_is_1_and_an_unknown_task_4(aque: Aque) -> None:
    assert (aque("wait", "-").returncode, aque("wait", "999999").returncode) == (1, 4)


def test_wait_ends_with_130_at_ctrl_c(aque: Aque, start: Start, broker: Broker) -> None:
    never = submit(aque, "--hold", "true")
    process = start("wait", "--json", never, submit(aque, "true"))
    with running_worker(broker):
        assert process.stdout
        process.stdout.readline()
    assert interrupt(process) == (130, "", "")


def test_workers_shows_load_queues_and_tags(aque: Aque, broker: Broker) -> None:
    assert "no worker is alive" in aque("workers").stderr
    with running_worker(broker, cpus=3.0) as worker:
        head, row = (each.split() for each in aque("workers").stdout.splitlines())
        found = dict(zip(head, row, strict=True))
        assert (found["ID"], found["STATE"], found["TASKS"], found["CPUS"]) == (str(worker.id), "idle", "0", "0/3")
        assert (found["QUEUES"], found["TAGS"]) == ("all", "-")
        told = json.loads(aque("workers", "--json").stdout)
    assert {"id", "running", "silent_for", "queues", "tags", "draining", "memory"} <= set(told)


def test_init_says_what_it_did_and_drops_nothing_unasked(aque: Aque, broker: Broker) -> None:
    task = submit(aque, "true")
    assert "up to date" in aque("init").stderr
    refused = aque("init", "--reset")
    assert (refused.returncode, "--yes" in refused.stderr) == (2, True)
    assert aque("status", task).returncode == 0
    assert "dropped everything" in aque("init", "--reset", "-y").stderr
    assert aque("status", task).returncode == 4
    with broker.database.connection() as conn:
        conn.execute("drop schema aque cascade")
    assert aque("init").stderr.startswith("created")


@pytest.mark.usefixtures("broker")
def test_init_sets_how_long_tasks_are_kept_and_tells(aque: Aque) -> None:
    assert aque("init").stderr.endswith("complete tasks are kept forever\n")
    assert aque("init", "--keep", "30d").stderr.endswith("complete tasks are kept for 30d00h\n")
    assert aque("init").stderr.endswith("complete tasks are kept for 30d00h\n")
    for age, told in (("soon", "nor forever"), ("10s", "1m at least")):
        refused = aque("init", "--keep", age)
        assert (refused.returncode, told in refused.stderr, len(refused.stderr.splitlines())) == (2, True, 1)
    assert aque("init", "--keep", "forever").stderr.endswith("complete tasks are kept forever\n")


@pytest.mark.parametrize(
    ("answer", "status", "told"), [(b"n\n", 1, "nothing was dropped"), (b"y\n", 0, "dropped ever")]
)
def test_init_reset_asks_on_a_terminal(environ: dict[str, str], answer: bytes, status: int, told: str) -> None:
    ours, theirs = pty.openpty()
    with open(ours, "r+b", buffering=0) as keyboard, open(theirs, "rb", buffering=0) as stdin:  # noqa: PTH123
        keyboard.write(answer)
        done = subprocess.run(
            argv("init", "--reset"), env=environ, stdin=stdin, capture_output=True, text=True, timeout=60
        )
    assert (done.returncode, told in done.stderr) == (status, True)
