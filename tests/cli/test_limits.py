"""Named limits on the command line: what is shown, said and kept to."""

from __future__ import annotations

import json
import signal

import pytest

from aque.core.broker import Broker
from tests.waiting import wait_for

from .conftest import Aque, Start


def rows(aque: Aque) -> list[dict[str, object]]:
    return [json.loads(each) for each in aque("limits", "--json").stdout.splitlines()]


def test_a_limit_that_is_not_set_is_told_at_once_and_shown(aque: Aque) -> None:
    done = aque("submit", "--limit", "licence", "--limit", "gpu=2", "true")
    task = done.stdout.strip()
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "limit gpu is not set: aque limits set gpu N",
        "limit licence is not set: aque limits set licence N",
    ]
    assert "aque limits set gpu N" in aque("why", task).stdout
    assert aque("limits", "set", "licence", "5").stderr == "licence: at most 5 in use at once\n"
    assert aque("limits", "set", "licence", "5").stderr == "licence: at most 5 in use at once already\n"
    lines = [line.split() for line in aque("limits").stdout.splitlines()]
    assert lines[-2:] == [["gpu", "0", "not", "set", "1"], ["licence", "0", "5", "1"]]
    assert rows(aque)[1] == {"name": "licence", "size": 5, "used": 0, "waiting": 1}
    assert aque("call", "--limit", "licence", "math:sqrt", "2").stderr == ""
    assert aque("limits", "rm", "licence").returncode == 0
    assert aque("limits", "rm", "licence").returncode == 1


def test_a_limit_that_is_set_as_an_option_names_it_is_told_how_it_is_written(aque: Aque) -> None:
    """`--limit gpu=2` is how a task names it, and so it is tried here."""
    for words, told in ((["gpu=2"], "gpu 2"), (["--json", "gpu="], "gpu N")):
        done = aque("limits", "set", *words)
        assert done.returncode == 2
        assert done.stderr.startswith(f"aque: NAME and N are two words here: aque limits set {told} (see ")
    assert "Missing argument 'N'" in aque("limits", "set", "gpu").stderr


def test_no_more_tasks_run_at_once_than_a_limit_allows(aque: Aque, broker: Broker, start: Start) -> None:
    """A worker with room for more leaves them, runs others, and takes the next as soon as one is killed."""
    aque("limits", "set", "licence", "1")
    first, second = (
        aque("submit", "--limit", "licence", "-s", "while :; do sleep 0.1; done").stdout.strip() for _ in range(2)
    )
    start("worker", "-c", "4", "--name", "w1")
    other = aque("submit", "-w", "true")
    assert other.returncode == 0
    states = [broker.tasks([int(task)])[0].state for task in (first, second)]
    assert states == ["running", "pending"]
    assert f"1 of 1 are in use by {first}." in aque("why", second).stdout
    assert aque("status", "-f", "limit:licence", "--csv", "id,limits").stdout.count("licence") == 2
    broker.kill([int(first)], signal.SIGKILL)
    wait_for(lambda: broker.tasks([int(second)])[0].state == "running", 30)
    broker.kill([int(second)], signal.SIGKILL)


def test_limits_of_tasks_are_edited(aque: Aque, broker: Broker) -> None:
    task = aque("submit", "--hold", "true").stdout.strip()
    assert aque("edit", task, "limits=gpu=2,licence").stderr == "1 edited\n"
    assert broker.tasks([int(task)])[0].limits == {"gpu": 2, "licence": 1}
    assert aque("edit", task, "limits=").returncode == 0
    assert broker.tasks([int(task)])[0].limits == {}


def test_commands_of_xargs_take_units_and_their_group_takes_none(aque: Aque, broker: Broker) -> None:
    done = aque("--detach", "--limit", "a", "--limit=b=2", "echo", stdin="x\n", main="xargs")
    assert "limit a is not set" in done.stderr
    group, command = sorted(broker.tasks(), key=lambda row: row.id)
    assert done.stdout.strip() == str(group.id)
    assert (group.limits, command.limits) == ({}, {"a": 1, "b": 2})


def test_queues_are_paused_by_one_path_with_one_entry_in_the_trail(aque: Aque, broker: Broker) -> None:
    for name in ("render", "movies"):
        aque("submit", "-q", name, "true")
    aque("queues", "pause", "render", "movies", "render")
    aque("pause", "-q", "render")
    aque("resume", "-q", "render")
    aque("queues", "resume", "movies", "render")
    aque("limits", "set", "licence", "2")
    with broker.database.connection() as conn:
        found = conn.execute(
            "select action, coalesce(selection ->> 'queue', selection ->> 'limit'), before::text, after::text"
            " from aque.event order by id"
        ).fetchall()
    assert found == [
        ("pause", "render", '{"queues": {"render": {"paused": false}}}', '{"queues": {"render": {"paused": true}}}'),
        ("pause", "movies", '{"queues": {"movies": {"paused": false}}}', '{"queues": {"movies": {"paused": true}}}'),
        ("resume", "render", '{"queues": {"render": {"paused": true}}}', '{"queues": {"render": {"paused": false}}}'),
        ("resume", "movies", '{"queues": {"movies": {"paused": true}}}', '{"queues": {"movies": {"paused": false}}}'),
        ("limit", "licence", '{"limits": {"licence": {"size": null}}}', '{"limits": {"licence": {"size": 2}}}'),
    ]


@pytest.mark.parametrize(
    ("args", "status", "told"),
    [
        (["limits", "set", "a b", "1"], 2, "not the name of a limit"),
        (["limits", "set", "a", "-1"], 2, "-1"),
        (["limits", "set", "a", "9999999999"], 2, "not a limit"),
        (["limits", "set", "a"], 2, "N"),
        (["limits", "--json", "rm", "a"], 2, "behind rm"),
        (["limits", "rm", "a"], 1, "no such limit is set"),
        (["submit", "--limit", "a=0", "true"], 2, "--limit"),
    ],
)
def test_what_goes_wrong_is_one_line(aque: Aque, args: list[str], status: int, told: str) -> None:
    done = aque(*args)
    assert (done.returncode, done.stdout) == (status, "")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
