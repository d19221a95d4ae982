"""events and undo: what they say, in which order, and how they exit."""

from __future__ import annotations

import csv
import json

import pytest

from aque.core.broker import Broker

from .conftest import Aque, Start, interrupt, line


def submit(aque: Aque, *args: str) -> str:
    return aque("submit", *args).stdout.strip()


def test_events_are_listed_the_latest_last(aque: Aque) -> None:
    assert aque("events").stderr == "nobody has done anything yet\n"
    one, two = submit(aque, "true"), submit(aque, "true")
    aque("pause", "-f", "name:true")
    aque("priority", "+5", one)
    aque("queues", "limit", "render", "4")
    lines = [each.split() for each in aque("events").stdout.splitlines()]
    assert [(each[0], each[4]) for each in lines[1:]] == [("1", "pause"), ("2", "priority"), ("3", "limit")]
    assert lines[1][5:] == ["2", "name:true", f"({one}-{two})", "state", "pending", "→", "paused"]
    assert lines[2][5:] == ["1", one, "priority", "1000", "→", "1005"]
    assert lines[3][5:] == ["-", "queue", "render", "max_running", "none", "→", "4"]
    assert len(aque("events", "-n", "1").stdout.splitlines()) == 2


def test_events_are_chosen_by_action_age_and_role(aque: Aque) -> None:
    one = submit(aque, "true")
    aque("pause", one)
    aque("resume", one)
    rows = [json.loads(each) for each in aque("events", "--json", "--action", "resume").stdout.splitlines()]
    assert [(row["action"], row["tasks"], row["before"]) for row in rows] == [
        ("resume", 1, {"state": {'"paused"': one}})
    ]
    assert [aque("events", *args).returncode for args in (["--since", "1h"], ["--since", "0"])] == [0, 1]
    assert aque("events", "--user", rows[0]["who"], "--csv").stdout.count("\n") == 3
    nobody = aque("events", "--user", "nobody-at-all")
    assert (nobody.returncode, nobody.stdout, nobody.stderr) == (1, "", "nothing matches\n")
    (head, *values) = csv.reader(aque("events", "--csv", "-n", "1").stdout.splitlines())
    assert dict(zip(head, values[0], strict=True))["what"] == f"{one}  state paused → pending"


@pytest.mark.parametrize("option", ["--watch", "-f"])
def test_events_are_followed(aque: Aque, start: Start, option: str) -> None:
    one = submit(aque, "true")
    aque("pause", one)
    following = start("events", option, "--json")
    assert json.loads(line(following.stdout))["action"] == "pause"
    aque("resume", one)
    assert json.loads(line(following.stdout))["action"] == "resume"
    assert interrupt(following)[0] == 130


def test_what_hostile_names_say_reaches_no_terminal_as_an_escape(aque: Aque) -> None:
    one = submit(aque, "-n", "\x1b[31mred", "true")
    aque("edit", one, "name=\x1b]0;title\x07")
    aque("pause", "-f", "name~'\x1b'")
    told = aque("pause", "-q", "\x1b[2Jq").stderr
    assert "a new queue" in told
    assert "\x1b" not in told
    submit(aque, "-q", "\x1b[2Jq", "true")
    for args in (["events"], ["events", "-n", "1"], ["undo", "-n"], ["undo"]):
        done = aque(*args)
        assert "\x1b" not in done.stdout + done.stderr
        assert "\x07" not in done.stdout


def test_an_undo_tells_what_it_did_and_what_it_could_not(aque: Aque, broker: Broker) -> None:
    one, two = submit(aque, "true"), submit(aque, "true")
    aque("pause", one, two)
    aque("resume", two)
    dry = aque("undo", "-n", "1")
    assert (dry.stdout, dry.stderr) == (
        f"{one:>8}  paused\n",
        "dry run: event 1 (pause) undone: 1 task, 1 was pending\n",
    )
    assert aque("undo", "1").stderr == "event 1 (pause) undone by event 3: 1 task, 1 was pending\n"
    assert [row.state for row in broker.tasks()] == ["pending", "pending"]
    again = aque("undo", "1")
    assert (again.returncode, again.stderr) == (
        1,
        "aque: event 1 (pause) cannot be undone: event 3 has undone it (`aque undo 3` does it again)\n",
    )
    assert "(undone by 3)" in aque("events").stdout
    rows = [json.loads(each) for each in aque("undo", "--json", "3").stdout.splitlines()]
    assert rows[0] == {"event": 3, "action": "undo", "by": 4}
    assert [(row["id"], row["state"], row["refusal"]) for row in rows[1:]] == [(int(one), "paused", None)]


def test_what_an_undo_would_do_is_listed_by_id(aque: Aque) -> None:
    ids = [submit(aque, "true") for _ in range(8)]
    aque("kill", *reversed(ids))
    assert [each.split()[0] for each in aque("undo", "-n").stdout.splitlines()] == ids


def test_a_cancel_is_taken_back_with_all_that_fell(aque: Aque, broker: Broker) -> None:
    one = submit(aque, "true")
    submit(aque, "--after", one, "--hold", "true")
    aque("kill", one)
    assert {row.state for row in broker.tasks()} == {"cancelled"}
    assert aque("undo").returncode == 0
    assert [row.state for row in broker.tasks()] == ["paused", "pending"]


def test_nothing_is_undone_where_nothing_is_as_it_was_left(aque: Aque) -> None:
    one = submit(aque, "true")
    aque("pause", one)
    aque("kill", one)
    assert aque("undo", "1").stderr == "event 1 (pause): nothing is as it was left: 1 was complete\n"
    aque("rm", one)
    done = aque("undo", "1")
    assert (done.returncode, done.stderr) == (1, "event 1 (pause): nothing is as it was left: 1 is gone\n")


@pytest.mark.parametrize(
    ("args", "status", "told"),
    [
        (["undo"], 1, "aque: there is nothing to undo of yours (--all: of anybody's)\n"),
        (["undo", "--all"], 1, "aque: there is nothing to undo\n"),
        (["undo", "7"], 4, "aque: no such event: 7\n"),
        (
            ["undo", "x"],
            2,
            "aque: Invalid value for '[EVENT]': 'x' is not a valid whole number. (see aque undo --help)\n",
        ),
        (["events", "--json", "--csv"], 2, "aque: give one of --csv and --json\n"),
    ],
)
def test_what_cannot_be_is_one_line(aque: Aque, args: list[str], status: int, told: str) -> None:
    done = aque(*args)
    assert (done.returncode, done.stdout, done.stderr) == (status, "", told)
