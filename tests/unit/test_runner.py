"""The runner: real processes and real signals, by its frames alone."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aque.core.runner import frames
from tests.desk import Desk
from tests.waiting import wait_for


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.runner.close()


@given(st.lists(st.tuples(st.dictionaries(st.text(), st.integers()), st.binary())), st.integers(1, 50))
def test_any_cut_of_the_stream_gives_the_same_frames(messages: list[tuple[dict[str, int], bytes]], size: int) -> None:
    stream = b"".join(frames.pack(header, body) for header, body in messages)
    reader = frames.Reader()
    found = [f for at in range(0, len(stream), size) for f in reader.feed(stream[at : at + size])]
    assert [(dict(header), bytes(body)) for header, body in found] == messages


def test_output_and_exit_status_come_back(desk: Desk) -> None:
    desk.run(1, "sh", "-c", r"printf 'a\000b'; printf err >&2; exit 3")
    assert desk.wait("finished", 1)["exit_code"] == 3
    assert (desk.output(1), desk.output(1, 2)) == (b"a\0b", b"err")


def test_ten_megabytes_come_whole(desk: Desk) -> None:
    desk.run(1, "head", "-c", "10000000", "/dev/zero")
    desk.wait("finished", 1)
    assert len(desk.output(1)) == 10_000_000


def test_stdin_bytes_reach_the_task(desk: Desk) -> None:
    desk.run(1, "cat", body=b"hello")
    desk.wait("finished", 1)
    assert desk.output(1) == b"hello"


@pytest.mark.parametrize(
    ("argv", "fields", "kind"),
    [
        (["no-such-command"], {}, "not_found"),
        (["/etc/passwd"], {}, "not_executable"),
        (["/etc/passwd/x"], {}, "not_executable"),
        (["/no/such/folder/x"], {}, "not_found"),
        (["true"], {"cwd": "/no/such/folder"}, "cwd"),
        (["true"], {"stdin": "/no/such/file"}, "stdin"),
        (["true"], {"stdout": "/no/such/folder/file"}, "stdout"),
        (["true", "x" * 5_000_000], {}, "too_long"),
    ],
)
def test_what_cannot_start_says_why(desk: Desk, argv: list[str], fields: dict[str, Any], kind: str) -> None:
    desk.run(1, *argv, **fields)
    error = desk.wait("finished", 1)["error"]
    assert error["kind"] == kind
    assert "\n" not in error["message"]


@pytest.mark.parametrize("text", [b"[1]", b"{", b"null", b'{"PATH": ["x"]}', b'{"a": ' + b"[" * 100_000])
def test_an_environment_that_is_none_is_an_error_of_its_task_alone(desk: Desk, text: bytes) -> None:
    """It is stored by whoever submits, and a runner that fails ends the tasks of all."""
    desk.run(1, "sleep", "100")
    desk.wait("started", 1)
    desk.runner.send({"type": "environ", "key": 2}, text)
    desk.run(2, "true", environ=2)
    assert "its environment" in desk.wait("finished", 2)["error"]["message"]
    desk.run(3, "true")
    assert desk.wait("finished", 3)["exit_code"] == 0
    assert not desk.heard("finished", 1)


@pytest.mark.parametrize("number", [-1, 65, 9999])
def test_a_signal_that_is_none_is_nothing_to_anybody(desk: Desk, number: int) -> None:
    """Who asks for it may be another system, or write SQL; the tasks of all others run on."""
    desk.run(1, "sleep", "100")
    desk.wait("started", 1)
    desk.runner.send({"type": "kill", "lease": 1, "signal": number, "grace": None})
    desk.run(2, "true")
    assert desk.wait("finished", 2)["exit_code"] == 0
    desk.runner.send({"type": "kill", "lease": 1, "signal": number, "grace": 0.0})
    assert desk.wait("finished", 1)["signal"] == signal.SIGKILL


def test_a_script_without_an_interpreter_is_the_shells(desk: Desk, tmp_path: Path) -> None:
    script = tmp_path / "a script"
    script.write_text('echo "$0: $@"; exit 3\n')
    script.chmod(0o755)
    desk.run(1, str(script), "one", "t w o")
    assert desk.wait("finished", 1)["exit_code"] == 3
    assert desk.output(1) == f"{script}: one t w o\n".encode()


def test_a_binary_of_another_machine_is_an_error_of_its_task(desk: Desk, tmp_path: Path) -> None:
    """The shell that is tried then says so itself, as it does for execvp()."""
    binary = tmp_path / "binary"
    binary.write_bytes(b"\x7fELF" + bytes(range(256)))
    binary.chmod(0o755)
    desk.run(1, str(binary))
    assert desk.wait("finished", 1)["exit_code"] in (2, 126, 127)


def test_ends_are_reported_where_the_system_cannot_look_without_reaping() -> None:
    code = """
import os
del os.waitid  # as on macOS before Python 3.13
from aque.core.runner.reaper import Reaper
pids = [os.spawnvp(os.P_NOWAIT, "sh", ["sh", "-c", f"exit {code}"]) for code in (3, 4)]
reaper, found = Reaper(), {}
while len(found) < 2:
    found.update({pid: reaper.reap(pid)[0] for pid in reaper.dead()})
print([found[pid] for pid in pids])
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[3, 4]\n", done.stderr


def test_no_more_run_at_once_than_fit(desk: Desk) -> None:
    for lease in (1, 2, 3):
        desk.run(lease, "sleep", "600")
    desk.wait("started", 2)
    assert not desk.heard("started", 3)
    desk.runner.send({"type": "kill", "lease": 1, "signal": 15, "grace": None})
    desk.wait("started", 3)


def test_a_task_that_ignores_the_signal_is_killed_after_its_grace(desk: Desk) -> None:
    desk.run(1, "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 600; done")
    wait_for(lambda: desk.output(1) == b"ready\n")
    desk.runner.send({"type": "kill", "lease": 1, "signal": 15, "grace": 0.1})
    end = desk.wait("finished", 1)
    assert (end["signal"], end["killed"]) == (signal.SIGKILL, True)


def test_a_timeout_ends_a_task(desk: Desk) -> None:
    desk.run(1, "sleep", "600", timeout=0.1)
    assert desk.wait("finished", 1)["timed_out"]


def test_a_background_process_does_not_hold_up_the_end(desk: Desk) -> None:
    desk.run(1, "sh", "-c", "sleep 600 & echo $!")
    desk.wait("finished", 1)
    left = int(desk.output(1))
    wait_for(lambda: not psutil.pid_exists(left), message="a task left a process behind")


def test_when_the_worker_is_gone_all_its_tasks_die_even_those_in_sessions_of_their_own() -> None:
    desk = Desk()
    desk.run(1, "sh", "-c", "setsid sleep 600 & echo $!; exec sleep 600")
    wait_for(lambda: desk.output(1).endswith(b"\n"))
    pids = [int(desk.output(1)), desk.wait("started", 1)["pid"]]
    desk.runner.close()
    wait_for(lambda: not any(psutil.pid_exists(pid) for pid in pids), message="tasks outlived their worker")


def test_a_worker_that_falls_silent_loses_its_tasks(desk: Desk) -> None:
    desk.run(1, "sleep", "600")
    desk.wait("started", 1)
    desk.runner.send({"type": "alive", "seconds": 0.2})
    assert desk.wait("finished", 1)["signal"] == signal.SIGKILL


def test_hundreds_of_short_tasks_end_once_each(desk: Desk) -> None:
    for lease in range(300):
        desk.run(lease, "true")
    started = time.monotonic()
    for lease in range(300):
        desk.wait("finished", lease)
        assert time.monotonic() - started < 60
    ends = [header["lease"] for header, _ in desk.said if header["type"] == "finished"]
    assert sorted(ends) == list(range(300))
