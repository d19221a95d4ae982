"""why, queues and drain: what they say, what they do to workers, and how they exit."""

from __future__ import annotations

import json
import signal

import pytest

from aque.core.broker import Broker
from tests.waiting import wait_for

from .conftest import Aque, Start


def state(broker: Broker, task: str) -> str:
    return broker.tasks([int(task)])[0].state


def test_why_tells_each_reason_and_what_would_change_it(aque: Aque) -> None:
    task = aque("submit", "-n", "train", "--tag", "gpu", "true").stdout.strip()
    done = aque("why", task)
    assert done.returncode == 0
    assert done.stdout == f"{task}  train  pending\n  No worker is alive.\n    start one with `aque worker --tag gpu`\n"
    row = json.loads(aque("why", "--json", task).stdout)
    assert (row["id"], row["state"], row["ahead"], row["starts_in"]) == (int(task), "pending", None, None)
    assert row["reasons"][0]["name"] == "no-worker"


def test_why_takes_filters_and_keeps_the_order_of_ids(aque: Aque) -> None:
    one, two = (aque("submit", "--hold", "true").stdout.strip() for _ in range(2))
    rows = [json.loads(each) for each in aque("why", "--json", two, one).stdout.splitlines()]
    assert [str(row["id"]) for row in rows] == [two, one]
    assert aque("why", "-f", "state:paused").stdout.count("It was submitted on hold by ") == 2


def test_a_paused_queue_begins_nothing_and_a_resumed_one_at_once(aque: Aque, broker: Broker, start: Start) -> None:
    aque("submit", "-q", "render", "true")
    done = aque("queues", "pause", "render")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "render: paused\n")
    assert aque("queues", "pause", "render").stderr == "render: paused already\n"
    task = aque("submit", "-q", "render", "true").stdout.strip()
    start("worker", "-c", "2")
    other = aque("submit", "true").stdout.strip()
    wait_for(lambda: state(broker, other) == "success", 30)
    assert state(broker, task) == "pending"
    assert "aque queues resume render" in aque("why", task).stdout
    assert aque("queues", "resume", "render").stderr == "render: resumed\n"
    wait_for(lambda: state(broker, task) == "success", 30)


def test_queues_are_listed_with_what_waits_and_runs(aque: Aque) -> None:
    assert aque("queues").stderr == "no queue yet: the first task makes one\n"
    aque("submit", "-q", "render", "true")
    assert aque("queues", "limit", "render", "movies", "4").returncode == 0
    lines = [line.split() for line in aque("queues").stdout.splitlines()]
    assert lines[-2:] == [["movies", "0", "0", "4", "-"], ["render", "1", "0", "4", "-"]]
    aque("queues", "limit", "movies", "none")
    rows = [json.loads(each) for each in aque("queues", "--json").stdout.splitlines()]
    assert {row["name"]: row["max_running"] for row in rows if row["name"] != "default"} == {
        "movies": None,
        "render": 4,
    }


def test_a_drained_worker_ends_after_its_last_task(aque: Aque, broker: Broker, start: Start) -> None:
    """Neither is what runs cut off, nor anything more begun."""
    worker = start("worker", "-c", "1", "--name", "w1")
    running = aque("submit", "-s", "echo up; while :; do sleep 0.1; done").stdout.strip()
    wait_for(lambda: broker.output(int(running)), 30)
    after = aque("submit", "true").stdout.strip()
    done = aque("drain", "w1")
    assert (done.returncode, done.stderr) == (0, f"w1 ({broker.workers()[0].id}): drains\n")
    assert json.loads(aque("drain", "--all", "--json").stdout)["is_new"] is False
    assert "draining" in aque("workers").stdout
    assert worker.poll() is None
    broker.kill([int(running)], signal.SIGKILL)
    assert worker.wait(30) == 0
    assert (state(broker, running), state(broker, after)) == ("killed", "pending")
    assert aque("drain", "--all").returncode == 1


@pytest.mark.parametrize(
    ("args", "status", "told"),
    [
        (["why"], 2, "which tasks?"),
        (["why", "999"], 4, "no such task: 999"),
        (["why", "-f", "state:error"], 1, "nothing matches"),
        (["queues", "pause"], 2, "NAME"),
        (["queues", "pause", ""], 2, "a queue has a name"),
        (["queues", "limit", "render", "many"], 2, "neither a number nor none"),
        (["queues", "limit", "render", "9999999999"], 2, "not a limit"),
        (["queues", "--json", "pause", "render"], 2, "behind pause"),
        (["queues", "--broker", "nonsense", "pause", "render"], 2, "not a broker"),
        (["drain"], 2, "which workers?"),
        (["drain", "--all", "w1"], 2, "which workers?"),
        (["drain", "w1"], 1, "no such worker is alive: w1"),
        (["drain", "--all"], 1, "no worker is alive"),
    ],
)
def test_what_goes_wrong_is_one_line(aque: Aque, args: list[str], status: int, told: str) -> None:
    done = aque(*args)
    assert (done.returncode, done.stdout) == (status, "")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("verb", [["resume", "-q"], ["queues", "resume"], ["resume", "-n", "-q"]])
def test_a_name_of_no_queue_is_told_and_makes_none(aque: Aque, verb: list[str]) -> None:
    """Who mistypes a name would believe that the queue goes on."""
    aque("submit", "-q", "render", "true")
    done = aque(*verb, "rendr")
    assert (done.returncode, done.stderr) == (4, "aque: no such queue: rendr (`aque queues` lists them)\n")
    assert aque("queues", "limit", "rendr", "none").returncode == 4
    assert "rendr" not in aque("queues").stdout


@pytest.mark.parametrize("verb", [["pause", "-q"], ["queues", "pause"]])
def test_a_queue_may_be_paused_before_its_first_task_which_is_said(aque: Aque, verb: list[str]) -> None:
    """Who mistypes a name sees it by that."""
    done = aque(*verb, "night")
    assert done.returncode == 0
    assert "a new queue" in done.stderr
    assert "a new queue" not in aque(*verb, "night").stderr
    aque("submit", "-q", "night", "true")
    assert "Its queue, night, was paused" in aque("why", "1").stdout


def test_a_limit_may_stand_before_the_first_task(aque: Aque) -> None:
    assert aque("queues", "limit", "night", "3").stderr == "night: at most 3 at once (a new queue)\n"
    assert aque("queues", "limit", "night", "2").stderr == "night: at most 2 at once\n"


def test_the_default_queue_and_those_that_workers_serve_are_there_before_their_tasks(aque: Aque, start: Start) -> None:
    worker = start("worker", "-c", "1", "-q", "night")
    wait_for(lambda: "night" in aque("workers", "--json").stdout)
    assert aque("pause", "-q", "night", "-q", "default").returncode == 0
    worker.terminate()
