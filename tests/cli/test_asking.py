"""What is asked of people at a terminal before many tasks of others are hit."""

from __future__ import annotations

import os
import pty
import subprocess

import pytest

from aque.core.broker import Broker
from aque.core.selection import Selection
from aque.core.steering import Steering
from tests.waiting import wait_for

from .conftest import argv


@pytest.fixture
def others(broker: Broker) -> list[str]:
    """Tasks of somebody else, one more than are hit without a question."""
    return [str(each) for each in broker.submit([{"func": "m:f", "user": "bob"} for _ in range(21)], {})]


def at_a_terminal(environ: dict[str, str], *args: str, answer: str | None) -> tuple[int, str]:
    """The exit status of a command at a terminal of its own, and what was shown there."""
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    process = subprocess.Popen(
        argv(*args), env=environ, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    shown = b""

    def look() -> bytes:
        nonlocal shown
        try:
            shown += os.read(ours, 65536)
        except BlockingIOError:
            pass
        except OSError:  # its end is closed
            process.wait(60)
        return shown

    if answer is not None:
        wait_for(lambda: b"Go on?" in look() or process.poll() is not None, 60)
        assert b"Go on?" in shown, shown
        os.write(ours, f"{answer}\n".encode())
    wait_for(lambda: look() is None or process.poll() is not None, 60)
    look()
    os.close(ours)
    return process.wait(60), shown.decode()


def states(broker: Broker) -> set[str]:
    return {row.state for row in broker.tasks()}


@pytest.mark.parametrize(("verb", "now"), [(["pause"], "paused"), (["kill"], "cancelled")])
def test_many_tasks_of_others_are_hit_after_a_question_alone(
    broker: Broker, environ: dict[str, str], others: list[str], verb: list[str], now: str
) -> None:
    status, shown = at_a_terminal(environ, *verb, *others, answer="n")
    assert "21 of 21 tasks are other people's. Go on? [y/N]" in shown
    assert (status, "nothing was done" in shown, states(broker)) == (1, True, {"pending"})
    assert at_a_terminal(environ, *verb, *others, answer="y")[0] == 0
    assert states(broker) == {now}


@pytest.mark.parametrize("args", [["-y"], ["-n"]])
def test_nobody_is_asked_who_said_so_or_changes_nothing(
    broker: Broker, environ: dict[str, str], others: list[str], args: list[str]
) -> None:
    status, shown = at_a_terminal(environ, "pause", *args, *others, answer=None)
    assert (status, "Go on?" in shown) == (0, False)
    assert states(broker) == ({"paused"} if args == ["-y"] else {"pending"})


def test_few_tasks_of_others_are_hit_without_a_question(
    broker: Broker, environ: dict[str, str], others: list[str]
) -> None:
    status, shown = at_a_terminal(environ, "pause", *others[:20], answer=None)
    assert (status, "Go on?" in shown) == (0, False)


@pytest.mark.parametrize(("answer", "now"), [("n", "paused"), ("y", "pending")])
def test_much_that_anybody_did_is_undone_after_a_question_alone(
    broker: Broker, environ: dict[str, str], answer: str, now: str
) -> None:
    """The last act of all may be another one, by another person, than who undoes it thinks of."""
    broker.submit([{"func": "m:f"} for _ in range(21)], {})
    Steering(broker).pause(Selection.of(None, "state:pending"))
    status, shown = at_a_terminal(environ, "undo", "--all", answer=answer)
    assert "would have event 1 (pause) undone: 21 tasks. Go on? [y/N]" in shown
    assert (status, states(broker)) == (int(answer == "n"), {now})
