"""aque status, as a process: what people and programs get."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from aque.core.account import account
from aque.core.broker import Broker
from aque.core.fields import FIELDS
from aque.core.queue import Queue
from tests.waiting import wait_for

Status = Callable[..., subprocess.CompletedProcess[str]]
PROGRAM = [sys.executable, "-c", "from aque.cli.main import main; main()", "status"]


def environ(broker: Broker, **more: str) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "AQUE_BROKER": broker.to_url(), "TERM": "xterm-256color", **more}


@pytest.fixture
def status(broker: Broker) -> Status:
    def run(*args: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *args], env=environ(broker, **env), capture_output=True, input=stdin, text=True, timeout=60
        )

    return run


@pytest.fixture
def ids(broker: Broker) -> list[int]:
    """A film of two frames, in which one frame is rendered twice; and a task of another's."""
    first = {"pattern": "shell", "args": ["render", "-f", "1"], "name": "frame-1"}
    second = {"pattern": "shell", "args": ["render", "-f", "2"], "name": "日本", "priority": 5, "hold": True}
    film = {"pattern": "shell", "args": "cat *", "name": "film", "dependencies": [first, second]}
    other = {"pattern": "shell", "args": ["true"], "name": "other", "user": "bob"}
    return [future.id for future in Queue(broker=broker).submit_many([first, second, film, other])]


def words(line: str) -> str:
    """A line of a table without its alignment, and with no age in it."""
    return " ".join("0s" if re.fullmatch(r"[\d.]+s", word) else word for word in line.split())


@pytest.mark.usefixtures("ids")
def test_people_see_trees_of_their_own_tasks(status: Status) -> None:
    done = status()
    assert (done.returncode, done.stderr) == (0, "")
    assert [words(line) for line in done.stdout.splitlines()] == [
        "ID STATE WHY PRIO AGE NAME COMMAND",
        "3 pending dependencies 1000 0s film cat *",
        "1 pending no-worker 1000 0s ├─ frame-1 render -f 1",
        "2 paused paused 5 0s └─ 日本 render -f 2",
    ]
    assert "\x1b" not in done.stdout


@pytest.mark.usefixtures("ids")
def test_depth_cuts_trees(status: Status) -> None:
    assert [words(line) for line in status("-d", "0", "-x").stdout.splitlines()] == [
        "ID STATE WHY PRIO USER AGE NAME COMMAND",
        "4 pending no-worker 1000 bob 0s other true",
        f"3 pending dependencies 1000 {account()} 0s film cat *",
    ]


@pytest.mark.parametrize(
    ("args", "names"),
    [
        ([], ["film", "日本", "frame-1"]),
        (["-x", "--sort", "name"], ["film", "frame-1", "other", "日本"]),
        (["--sort", "-priority,id", "-n", "2"], ["frame-1", "film"]),
        (["-f", "user:bob"], ["other"]),
        (["-f", "render -name:日本"], ["frame-1"]),
        (["-f", "state:paused or dep:3"], ["日本", "frame-1"]),
        (["4"], ["other"]),
        (["-", "-f", "priority<1000"], ["日本"]),
    ],
)
@pytest.mark.usefixtures("ids")
def test_what_is_selected_in_which_order(status: Status, args: list[str], names: list[str]) -> None:
    assert status(*args, "--pattern", "{name}", stdin="1 2 3\n").stdout.splitlines() == names


@pytest.mark.usefixtures("ids")
def test_programs_get_every_field_as_json(status: Status) -> None:
    rows = [json.loads(line) for line in status("--json", "-x", "--sort", "id").stdout.splitlines()]
    assert [row["name"] for row in rows] == ["frame-1", "日本", "film", "other"]
    assert list(rows[0]) == [field.name for field in FIELDS if field.is_listed]
    assert (rows[0]["args"], rows[0]["state"], rows[0]["cpus"]) == (["render", "-f", "1"], "pending", 1.0)
    assert (rows[2]["reason"], rows[2]["command"], rows[3]["user"]) == (["dependencies", "no-worker"], "cat *", "bob")


@pytest.mark.usefixtures("ids")
def test_csv_has_a_line_of_names_and_plain_values(status: Status) -> None:
    text = status("--csv", "id,prio,command,reason", "2", "1").stdout
    assert list(csv.reader(io.StringIO(text))) == [
        ["id", "priority", "command", "reason"],
        ["2", "5", "render -f 2", "paused,no-worker"],
        ["1", "1000", "render -f 1", "no-worker"],
    ]


@pytest.mark.usefixtures("ids")
def test_a_pattern_makes_lines(status: Status) -> None:
    assert status("1", "--pattern", "{id:>4}|{name:<8}|{user}").stdout == f"   1|frame-1 |{account()}\n"


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (["-f", "nmae:x"], 2, "no such field: did you mean name?"),
        (["-f", ""], 2, "expected a term"),
        (["-f", "name~\udcff"], 2, "no text can have"),
        (["--csv", "id,nmae"], 2, "did you mean name?"),
        (["--sort", "args"], 2, "no such field here"),
        (["--pattern", "{nmae}"], 2, "did you mean name?"),
        (["--pattern", "{name.__class__}"], 2, "no such field here"),
        (["--pattern", "{"], 2, "--pattern"),
        (["--pattern", "{id:d}"], 2, "--pattern"),
        (["--pattern", "{}"], 2, "no such field here"),
        (["--json", "--csv", "id"], 2, "give one of"),
        (["--watch"], 2, "terminal"),
        (["999"], 4, "no such task: 999"),
        (["-f", "name:nobody"], 1, "nothing matches"),
        (["-"], 1, "no ids on stdin"),
    ],
)
@pytest.mark.usefixtures("ids")
def test_what_goes_wrong_is_one_line(status: Status, args: list[str], code: int, told: str) -> None:
    done = status(*args)
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("args", [[], ["--json"], ["-v"], ["--csv", "id"]])
def test_an_empty_broker_says_what_to_do_next(status: Status, args: list[str]) -> None:
    """In whatever form it was asked for."""
    done = status(*args)
    assert done.returncode == 0
    assert "aque submit" in done.stderr


@pytest.mark.usefixtures("ids")
def test_all_users_are_offered_to_those_who_saw_their_own_tasks_alone(status: Status) -> None:
    assert status("-f", "name:nobody").stderr == "nothing matches: -x looks among the tasks of all users\n"
    assert status("-x", "-f", "name:nobody").stderr == "nothing matches\n"
    assert status("--csv", "id", "-f", "user:nobody").stderr == "nothing matches\n"


@pytest.mark.usefixtures("ids")
def test_colours_are_for_terminals_and_those_who_ask(status: Status) -> None:
    assert "\x1b[33mpaused" in status("--color", "always").stdout
    assert "\x1b" not in status("--color", "auto").stdout


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, args: list[str], env: dict[str, str]) -> None:
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(args, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True)
        os.close(slave)
        os.set_blocking(self.master, False)
        self.seen = ""

    def has(self, text: str) -> bool:
        with contextlib.suppress(OSError):  # nothing there yet, or the end
            self.seen += os.read(self.master, 65536).decode(errors="replace")
        return text in self.seen

    def close(self) -> int:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(20)
        os.close(self.master)
        return code


def test_watch_redraws_when_tasks_change_until_it_is_interrupted(broker: Broker, ids: list[int]) -> None:
    terminal = Terminal([*PROGRAM, "--watch"], environ(broker, COLUMNS="60", LINES="20"))
    wait_for(lambda: terminal.has("frame-1"), 20)
    assert "\x1b[33mpaused" in terminal.seen
    assert "cancelled" not in terminal.seen
    broker.kill([ids[0]])
    wait_for(lambda: terminal.has("cancelled"), 20)
    assert terminal.close() == 130


def test_no_colour_is_a_wish_that_terminals_heed(broker: Broker, ids: list[int]) -> None:
    terminal = Terminal(PROGRAM, environ(broker, NO_COLOR="1", COLUMNS="60", LINES="20"))
    wait_for(lambda: terminal.has("frame-1"), 20)
    assert "\x1b[33m" not in terminal.seen
    terminal.close()
    assert ids


def test_rich_is_loaded_by_watch_alone() -> None:
    code = """
import sys
import aque.cli.status, aque.core.view
assert not {"rich", "textual"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_json_of_ids_has_all_that_is_known_and_no_secret(status: Status, broker: Broker) -> None:
    first = {"pattern": "shell", "args": ["true"], "name": "first"}
    task = {"pattern": "shell", "args": ["x"], "dependencies": [first], "environ": {"TOKEN": "hush"}, "cwd": "/"}
    needed, one = (future.id for future in Queue(broker=broker).submit_many([first, task]))
    (row,) = (json.loads(each) for each in status("--json", str(one)).stdout.splitlines())
    assert [each["id"] for each in row["dependencies"]] == [needed]
    assert (row["cwd"], row["attempts"], row["result"], row["variables"]) == ("/", [], None, ["TOKEN"])
    for args in (["--json", str(one)], ["-v", str(one)], ["-v"], ["-v", "--json"]):
        done = status(*args)
        assert (done.returncode, "hush" in done.stdout + done.stderr) == (0, False)
    assert json.loads(status("--json", "--environ", str(one)).stdout)["environ"]["TOKEN"] == "hush"
    assert "TOKEN=hush" in status("-v", "--environ", str(one)).stdout
    assert status("-v", "--csv", "id").returncode == 2


def test_verbose_tells_no_terminal_anything_by_what_tasks_hold(status: Status, broker: Broker) -> None:
    evil = "\x1b[2J"
    task = {"pattern": "shell", "args": [evil], "name": evil, "extra-" + evil: evil, "environ": {evil: evil}}
    Queue(broker=broker).submit_many([task, {**task, "dependencies": [task]}])
    done = status("-v", "--environ")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
