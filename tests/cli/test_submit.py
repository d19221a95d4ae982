"""submit and call: what becomes of options and arguments, and how -w ends."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest

from aque.core.broker import Broker
from tests.waiting import wait_for
from tests.work import running_worker

from .conftest import Aque, Start, argv, interrupt, line


def spec(broker: Broker, task: str) -> dict[str, object]:
    """All that is stored of what was asked for."""
    with broker.database.connection() as conn:
        row = conn.execute(
            """select row_to_json(p)::jsonb || row_to_json(t)::jsonb || row_to_json(s)::jsonb
               from aque.spec p join aque.task t on t.id = p.task_id join aque.shape s on s.id = t.shape_id
               where p.task_id = %s""",
            [int(task)],
        ).fetchone()
    assert row
    return dict(row[0])


OPTIONS = (
    ("-n it", "name", "it"),
    ("-p 0", "priority", 0),
    ("-c /4", "cpu_share", 4),
    ("-m 8MB", "memory", 8_000_000),
    ("-q night", "queue", "night"),
    ("--duration 1h", "duration", 3600),
    ("--io /a --io-path /b", "io_paths", ["/a", "/b"]),
    ("--host n*,!n3", "host", ["n*", "!n3"]),
    ("--platform linux", "platform", "linux"),
    ("--tag gpu --tag big", "tags", ["big", "gpu"]),
    ("--cwd /usr", "cwd", "/usr"),
    ("--stdin in", "stdin", str(Path("in").absolute())),
    ("--stdout /x/{id}", "stdout", "/x/{id}"),
    ("--stderr err", "stderr", str(Path("err").absolute())),
    ("--user daemon", "username", "daemon"),
    ("--group us", "groupname", "us"),
    ("--retries 2", "retries", 2),
    ("--retry-delay 5s", "retry_delay", 5),
    ("--timeout 1m", "timeout", 60),
    ("--at 2999-01-01T00:00+00:00", "run_at", "2999-01-01T00:00:00+00:00"),
    ("--key k", "key", "k"),
    ("--hold", "state", "paused"),
)


def test_every_option_arrives_in_its_field(aque: Aque, broker: Broker) -> None:
    words = [word for options, _, _ in OPTIONS for word in options.split()]
    found = spec(broker, aque("submit", *words, "true").stdout)
    expected = {name: value for _, name, value in OPTIONS}
    assert {name: found[name] for name in expected} == expected


def test_dependencies_come_in_lists_and_from_stdin_with_their_conditions(aque: Aque, broker: Broker) -> None:
    one, two, three, four = (aque("submit", "--hold", "true").stdout.strip() for _ in range(4))
    after = ["--after", f"{one},{two}", "--after-any", "-", "--after-failure", four, "--otherwise", "wait"]
    task = aque("submit", *after, "true", stdin=f"{three}\n").stdout
    with broker.database.connection() as conn:
        edges = conn.execute("select needs_id, condition::text from aque.dependency where task_id = %s", [int(task)])
        expected = {one: "success", two: "success", three: "complete", four: "failure"}
        assert {str(key): value for key, value in edges} == expected
        chosen = conn.execute("select distinct otherwise::text from aque.dependency where task_id = %s", [int(task)])
        assert chosen.fetchall() == [("wait",)]
    tree = aque("status", task.strip()).stdout
    assert tree.count("[else waits]") == 2
    assert "[any end, else waits]" in tree


def test_delay_counts_by_the_brokers_clock(aque: Aque, broker: Broker) -> None:
    before = broker.now()
    row = broker.tasks([int(aque("submit", "--delay", "1h", "true").stdout)])[0]
    assert row.run_at
    assert 3590 < (row.run_at - before).total_seconds() < 3700


def test_a_call_has_the_same_options_and_a_child_inherits(aque: Aque, broker: Broker) -> None:
    parent = aque("call", "-p", "7", "--tag", "gpu", "--hold", "math:sqrt", "2").stdout.strip()
    found = spec(broker, aque("call", "--parent", parent, "math:sqrt", "2").stdout)
    assert (found["priority"], found["tags"], str(found["parent_id"])) == (7, ["gpu"], parent)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["submit", "-p", "x", "true"], "not a whole number"),
        (["submit", "-c", "two", "true"], "not a number of cpus"),
        (["submit", "--retries", "-1", "true"], "from 0 to 32767"),
        (["submit", "--timeout", "soon", "true"], "not a duration"),
        (["submit", "--at", "noon", "true"], "2030-01-31T18:00"),
        (["submit", "--at", "2030-01-31", "--delay", "1s", "true"], "--at or --delay"),
        (["submit", "--after", "-", "--stdin", "-", "true"], "stdin can be read once"),
        (["submit", "--otherwise", "wait", "true"], "--otherwise goes with --after"),
        (["submit", "--after", "x", "true"], "not the id of a task"),
        (["submit"], "Missing argument"),
        (["call", "nope"], "not package.module:function"),
        (["call", "os:path:join"], "not package.module:function"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line_before_the_broker_is_asked(
    aque: Aque, args: list[str], told: str
) -> None:
    done = aque(*args, url="postgresql://127.0.0.1:1/none")
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_json_prints_the_id_and_with_w_lines_and_the_ending(aque: Aque, broker: Broker) -> None:
    assert set(json.loads(aque("submit", "--json", "true").stdout)) == {"id"}
    with running_worker(broker):
        done = aque("submit", "--json", "-w", "-s", "echo out; echo err >&2; exit 3")
    first, *lines, last = [json.loads(each) for each in done.stdout.splitlines()]
    assert sorted((each["stream"], each["text"]) for each in lines) == [("stderr", "err"), ("stdout", "out")]
    assert (last["id"], last["state"], last["exit_code"], done.returncode) == (first["id"], "error", 3, 3)


@pytest.mark.usefixtures("worker")
def test_submit_w_exits_as_a_shell_would_say_of_the_command(aque: Aque, tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("text")
    cases = {
        ("true",): (0, ""),
        ("-s", "exit 3"): (3, ""),
        ("-s", "kill -TERM $$"): (143, "ended by signal 15"),
        ("no-such-command",): (127, "not found"),
        (str(tmp_path / "plain"),): (126, "Permission denied"),
        ("--timeout", "0.1", "sleep", "600"): (143, "longer than its timeout"),
    }
    for args, (status, told) in cases.items():
        done = aque("submit", "-w", *args)
        assert (args, done.returncode, done.stdout) == (args, status, "")
        assert told in done.stderr
        assert len(done.stderr.splitlines()) == bool(told)


@pytest.mark.usefixtures("worker")
def test_what_never_ran_exits_with_1_and_says_why(aque: Aque) -> None:
    failed = aque("submit", "false").stdout.strip()
    done = aque("submit", "-w", "--after", failed, "true")
    assert (done.returncode, f"it needs task {failed}" in done.stderr) == (1, True)


@pytest.mark.usefixtures("worker")
def test_interpreter_runs_a_script_or_a_line(aque: Aque, tmp_path: Path) -> None:
    (tmp_path / "script").write_text("echo $1 $0")
    assert aque("submit", "-w", "--interpreter", "/bin/sh", str(tmp_path / "script"), "a").stdout.startswith("a /")
    assert aque("submit", "-w", "-s", "--interpreter", "/bin/bash", "x=(a b); echo ${x[1]}").stdout == "b\n"


@pytest.mark.usefixtures("worker")
def test_arguments_that_are_not_utf_8_reach_the_command(environ: dict[str, str]) -> None:
    name = b"a\xffb"
    for args in ([b"echo", name], [b"-s", b"echo " + name]):
        done = subprocess.run(
            [*map(os.fsencode, argv("submit", "-w")), *args], env=environ, capture_output=True, timeout=60
        )
        assert done.stdout == name + b"\n"
    assert b"xff" not in subprocess.run(argv("status"), env=environ, capture_output=True, check=True).stdout


@pytest.mark.usefixtures("worker")
def test_call_w_shows_the_value_after_the_output_and_unpickles_nothing(aque: Aque) -> None:
    assert aque("call", "-w", "math:sqrt", "2").stdout == "1.4142135623730951\n"
    assert aque("call", "-w", "builtins:print", "x").stdout == "x\n"
    assert aque("call", "-w", "builtins:divmod", "7", "2").stdout == "(3, 1)\n"
    assert aque("call", "-w", "builtins:range", "3").stdout.startswith("<pickled")
    ending = json.loads(aque("call", "-w", "--json", "math:sqrt", "4").stdout.splitlines()[-1])
    assert (ending["state"], ending["result"]) == ("success", 2.0)


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["no_such_module:f"], "no_such_module"),
        (["math:no_such_function"], "no_such_function"),
        (["builtins:int", "x y"], "ValueError: invalid literal"),
    ],
)
def test_the_error_of_a_call_is_told_in_a_line(aque: Aque, args: list[str], told: str) -> None:
    done = aque("call", "-w", *args)
    assert (done.returncode, done.stdout, told in done.stderr) == (1, "", True)
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.usefixtures("worker")
def test_ctrl_c_ends_the_watching_alone_and_says_how_to_go_on(start: Start, broker: Broker) -> None:
    process = start("submit", "-w", "-s", "echo up; exec sleep 600")
    assert line(process.stdout) == "up\n"
    status, _, err = interrupt(process)
    task = broker.tasks()[0]
    assert (status, task.state) == (130, "running")
    assert f"aque output -w {task.id}" in err
    assert "Traceback" not in err
    broker.kill([task.id])


def test_w_without_any_worker_says_so_and_goes_on_waiting(start: Start, broker: Broker) -> None:
    process = start("submit", "-w", "echo", "at last")
    assert "no worker is alive" in line(process.stderr)
    with running_worker(broker):
        assert line(process.stdout) == "at last\n"
        wait_for(lambda: process.poll() is not None)
    assert (process.returncode, process.stderr and process.stderr.read()) == (0, "")


def test_what_a_worker_sets_for_a_run_is_not_stored_with_what_that_run_submits(
    aque: Aque, environ: dict[str, str]
) -> None:
    """A descriptor that is not there would be written to, and each task would store an environment of its own."""
    submits = " ".join(map(shlex.quote, argv("submit", "sh", "-c", ": AQUE_PROGRESS_FD")))
    outer = [aque("submit", *more, "-s", f"{submits}; : AQUE_PROGRESS_FD") for more in ([], ["--env", "K=V"])]
    assert aque("worker", "-2").returncode == 0
    inner = [aque("output", each.stdout.strip()).stdout.strip() for each in outer]
    told = [json.loads(line) for line in aque("status", "--json", "-v", "--environ", *inner).stdout.splitlines()]
    names = [each["environ"].keys() - environ.keys() - {"PWD", "OLDPWD", "SHLVL", "_", "LC_CTYPE"} for each in told]
    assert sorted(names, key=len) == [set(), {"K"}]


@pytest.mark.parametrize(
    ("args", "is_doubted"),
    [(["sleep 5"], True), (["-s", "sleep 5"], False), (["--interpreter", "sh", "my script"], False), ([" "], False)],
)
def test_a_command_in_quotes_is_queued_with_a_word_of_what_is_wrong(
    aque: Aque, args: list[str], is_doubted: bool
) -> None:
    done = aque("submit", *args)
    assert done.returncode == 0
    assert done.stdout.strip().isdecimal()
    assert done.stderr == (
        "aque: 'sleep 5' is one word, the name of a program: leave the quotes away, or add -s\n" if is_doubted else ""
    )


def test_a_program_with_a_space_in_its_name_is_not_doubted(aque: Aque, tmp_path: Path) -> None:
    (program := tmp_path / "my program").write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert aque("submit", str(program)).stderr == ""
