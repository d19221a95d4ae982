"""kill and aque-kill: whom a signal hits, what is said before and after, and the exit status."""

from __future__ import annotations

import json
import signal

import pytest

from aque.core.broker import Broker
from aque.core.states import State
from tests.waiting import wait_for

from .conftest import Aque


def held(aque: Aque, *options: str) -> str:
    """The id of a task that waits."""
    return aque("submit", "--hold", *options, "true").stdout.strip()


def running(aque: Aque, broker: Broker, command: str = "exec sleep 600") -> str:
    """The id of a task whose command has begun."""
    task = aque("submit", "-s", f"echo up; {command}").stdout.strip()
    wait_for(lambda: broker.output(int(task)))
    return task


def states(broker: Broker) -> dict[str, State]:
    return {str(row.id): State(row.state) for row in broker.tasks()}


def test_it_says_what_it_did_and_to_whom_there_was_nothing_to_do(aque: Aque, broker: Broker) -> None:
    one = held(aque)
    two = held(aque, "--after", one)
    done = aque("kill", one)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "1 cancelled, 1 that needed them ended with them\n"
    again = aque("kill", one, two)
    assert again.returncode == 1
    assert again.stderr == f"nothing to do for {one}, {two}: cancelled already\n"


def test_json_tells_of_each_task_its_state_before_and_now(aque: Aque) -> None:
    one = held(aque)
    rows = [json.loads(each) for each in aque("kill", "--json", one).stdout.splitlines()]
    assert rows == [{"id": int(one), "before": "paused", "state": "cancelled", "worker": None}]


def test_recursive_takes_what_is_needed_and_dependents_what_needs_them(aque: Aque, broker: Broker) -> None:
    first = held(aque)
    middle = held(aque, "--after", first)
    last = held(aque, "--after-any", middle)
    other = held(aque)
    assert aque("kill", "-n", "-r", middle).stdout.split()[::3] == [first, middle]
    assert aque("kill", "-n", "--dependents", middle).stdout.split()[::3] == [middle, last]
    aque("kill", "-r", "--dependents", middle)
    assert states(broker) == {first: "cancelled", middle: "cancelled", last: "cancelled", other: "paused"}


def test_a_dry_run_shows_the_fallout_and_does_nothing(aque: Aque, broker: Broker) -> None:
    one = held(aque)
    two = held(aque, "--after", one)
    anyway = held(aque, "--after-any", two)
    done = aque("kill", "-n", one)
    assert "would reach 1 task, fail 1 that need them" in done.stderr
    assert set(states(broker).values()) == {"paused"}
    assert aque("kill", anyway).returncode == 0
    assert aque("kill", "-n", anyway).returncode == 1


def test_an_unknown_task_among_others_touches_none(aque: Aque, broker: Broker) -> None:
    one = held(aque)
    assert aque("kill", one, "999999").returncode == 4
    assert states(broker) == {one: "paused"}


@pytest.mark.usefixtures("worker")
def test_a_signal_that_ends_nothing_reaches_runs_alone(aque: Aque, broker: Broker) -> None:
    waits = held(aque)
    runs = running(aque, broker, "trap 'echo hello' USR1; echo set; while :; do sleep 0.02; done")
    wait_for(lambda: broker.output(int(runs))[-1].data.endswith(b"set\n"))
    done = aque("kill", "-USR1", runs, waits)
    assert done.stderr == f"1 running task sent SIGUSR1\nnothing to do for {waits}: paused\n"
    wait_for(lambda: b"hello" in broker.output(int(runs))[-1].data)
    assert states(broker) == {runs: "running", waits: "paused"}
    assert aque("kill", "-s", "CONT", waits).returncode == 1
    aque("kill", "-9", runs)
    wait_for(lambda: states(broker)[runs] == "killed")


@pytest.mark.usefixtures("worker")
def test_a_stop_and_a_continue_each_arrive_once_and_in_order(aque: Aque, broker: Broker) -> None:
    task = running(aque, broker, "while :; do echo on; sleep 0.02; done")
    broker.kill([int(task)], signal.SIGSTOP)
    broker.kill([int(task)], signal.SIGCONT)
    seen = len(broker.output(int(task)))
    wait_for(lambda: len(broker.output(int(task))) > seen + 5)
    aque("kill", task)
    wait_for(lambda: states(broker)[task] == "killed")


@pytest.mark.usefixtures("worker")
def test_after_its_grace_a_deaf_task_is_killed(aque: Aque, broker: Broker) -> None:
    task = running(aque, broker, "trap '' TERM; while :; do sleep 0.02; done")
    assert "1 running task sent SIGTERM" in aque("kill", "--grace", "0.2", task).stderr
    wait_for(lambda: states(broker)[task] == "killed")


@pytest.mark.usefixtures("worker")
def test_a_dry_run_tells_the_cpu_time_that_runs_have_reserved(aque: Aque, broker: Broker) -> None:
    task = running(aque, broker)
    told = json.loads(aque("kill", "-n", "--json", task).stdout)
    (row,) = told["tasks"]
    assert (row["id"], row["state"], told["dependents"]) == (int(task), "running", 0)
    assert told["cpu_seconds"] == row["cpu_seconds"] > 0
    assert "of reserved cpu time" in aque("kill", "-n", task).stdout, "what it used is not known here"
    assert states(broker)[task] == "running"
    broker.kill([int(task)])


@pytest.mark.parametrize("word", ["TERM", "SIGTERM", "term", "15"])
def test_signals_go_by_name_and_number(aque: Aque, word: str) -> None:
    assert aque("kill", "-n", "-s", word, held(aque)).returncode == 0


@pytest.mark.parametrize("word", ["NOPE", "0", "999", "²"])
def test_what_is_no_signal_is_refused(aque: Aque, word: str) -> None:
    done = aque("kill", "-s", word, "1")
    assert (done.returncode, f"no such signal: {word}" in done.stderr) == (2, True)


def test_aque_kill_is_the_same_command(aque: Aque, broker: Broker) -> None:
    one = held(aque)
    assert aque(one, main="kill").returncode == 0
    assert states(broker) == {one: "cancelled"}
    assert aque(main="kill").stderr.startswith("aque-kill: which tasks?")
