"""What tasks use while they run, and what is told of it at their end: real processes, by the runner's frames."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from aque.core.runner import processes, usage
from tests.desk import Desk
from tests.waiting import wait_for

MIB = 1 << 20
HOLD = "import time; x = bytearray({0} << 20); print('held', flush=True); time.sleep(60)"
LEAKY = f"""
import os, time
kept = []
def leak(): kept.append(bytearray({60 * MIB})); return len(kept)
def use():
    used = bytearray({50 * MIB})
    while not os.path.exists("go"): time.sleep(0.01)
    return "used"
"""
pytestmark = pytest.mark.skipif(not processes.LINUX, reason="only Linux tells of its processes so cheaply")


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.runner.close()


def enforcing(desk: Desk) -> Desk:
    desk.runner.send({"type": "capacity", "cpus": 2.0, "memory": None, "enforce_memory": True})
    return desk


def hold(mib: int) -> list[str]:
    """A program that keeps so much memory for a while."""
    return [sys.executable, "-c", HOLD.format(mib)]


def seen(desk: Desk, lease: int) -> Mapping[str, Any]:
    return desk.wait("usage", lease)


def test_the_memory_and_the_cpu_of_a_whole_tree_are_told(desk: Desk) -> None:
    """Below the shell and in the background: a look at the first process alone would find next to nothing."""
    busy = f"{sys.executable} -c 'x = bytearray(100 << 20)\nwhile True: pass'"
    desk.run(1, "sh", "-c", f"{busy} & sleep 60 & wait")
    used = seen(desk, 1)
    assert used["rss"] > 100 * MIB
    assert used["cpu"] > 5


def test_what_left_its_parents_is_still_of_its_task(desk: Desk) -> None:
    """An orphan's parent is the runner; it is known by its session."""
    desk.run(1, "sh", "-c", f"({shlex.join(hold(100))} &); sleep 60")
    assert seen(desk, 1)["rss"] > 100 * MIB


@pytest.mark.parametrize("fields", [{}, {"shared": True}])
def test_functions_are_looked_at_as_commands_are(desk: Desk, fields: dict[str, bool]) -> None:
    desk.call(1, "time:sleep", 60, **fields)
    assert seen(desk, 1)["rss"] > MIB


def test_the_peak_is_that_of_the_tree(desk: Desk) -> None:
    """Two processes of 60 MiB at once are 120, while the system tells of the larger one alone."""
    desk.run(1, "sh", "-c", f"{shlex.join(hold(60))} & {shlex.join(hold(60))} & wait")
    seen(desk, 1)
    desk.runner.send({"type": "kill", "lease": 1, "signal": 9, "grace": None})
    assert desk.wait("finished", 1)["max_rss"] > 120 * MIB


def test_time_that_nobody_waited_for_is_told_as_far_as_it_was_seen(desk: Desk) -> None:
    """The system adds the times of children to their parent's when that waits for them, and else forgets them."""
    desk.run(1, "sh", "-c", f"{sys.executable} -c 'while True: pass' & sleep 60")
    seen(desk, 1)
    desk.runner.send({"type": "kill", "lease": 1, "signal": 9, "grace": None})
    assert desk.wait("finished", 1)["user_time"] > 0.1


@pytest.mark.parametrize("shared", [False, True])
def test_bytes_written_to_storage_are_told(desk: Desk, tmp_path: Path, shared: bool) -> None:
    if "tmpfs" in {line.split()[2] for line in Path("/proc/mounts").read_text().splitlines() if line.split()[1] == "/"}:
        pytest.skip("files are in memory here")
    target = tmp_path / "written"
    desk.call(1, "pathlib:Path.write_bytes", target, b"x" * 3_000_000, shared=shared)
    assert desk.wait("finished", 1)["written_bytes"] >= 2_900_000
    desk.run(2, "cp", str(target), str(tmp_path / "copy"))
    assert desk.wait("finished", 2)["written_bytes"] >= 2_900_000
    desk.run(3, "true")
    assert desk.wait("finished", 3)["written_bytes"] == 0


def test_what_uses_more_than_it_asked_for_is_killed_where_that_is_enforced(desk: Desk) -> None:
    enforcing(desk).run(1, "sh", "-c", f"{shlex.join(hold(100))} & wait", memory=50 * MIB)
    end = desk.wait("finished", 1)
    assert end["over_memory"] > 50 * MIB
    assert end["signal"] == 9


def test_what_shares_its_process_is_killed_alone(desk: Desk) -> None:
    """The function that used too much goes with its process; the one that was handed over behind it runs elsewhere."""
    enforcing(desk)
    greedy = f'exec("import time; x = bytearray({100 * MIB}); time.sleep(60)")'
    desk.call(1, "builtins:eval", greedy, shared=True, memory=50 * MIB)
    desk.call(2, "builtins:len", "abc", shared=True, memory=50 * MIB)
    assert desk.wait("finished", 1)["over_memory"] > 50 * MIB
    assert desk.result(2) == 3


def test_nobody_is_killed_for_what_another_left_in_the_process_that_they_share(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "leaky.py").write_text(LEAKY)
    more: dict[str, Any] = {"shared": True, "memory": 100 * MIB, "cwd": str(tmp_path)}
    enforcing(desk).call(1, "leaky:leak", **more)
    assert desk.result(1) == 1
    desk.call(2, "leaky:use", **more)
    seen(desk, 2)
    (tmp_path / "go").touch()
    assert desk.result(2) == "used"


def test_nothing_is_killed_that_may_use_it(desk: Desk) -> None:
    """No demand is no limit; and without enforcement a task is told of, and goes on."""
    desk.run(1, *hold(60), memory=30 * MIB)
    assert seen(desk, 1)["peak"] > 30 * MIB
    assert not desk.heard("finished", 1)
    enforcing(desk).run(2, *hold(60))
    assert seen(desk, 2)["rss"] > 60 * MIB
    assert desk.wait("finished", 1)["over_memory"] > 30 * MIB
    assert not desk.heard("finished", 2)


def test_memory_that_processes_share_counts_once(desk: Desk) -> None:
    """Eight forks of one that holds 60 MiB hold 60 MiB together: they are not killed for 540."""
    program = f"import os, time; x = bytearray({60 * MIB})\nfor _ in range(8):\n if not os.fork(): time.sleep(60)\n"
    program += "print('forked', flush=True); time.sleep(60)"
    enforcing(desk).run(1, sys.executable, "-c", program, memory=200 * MIB)
    wait_for(lambda: desk.output(1) == b"forked\n", 20)
    assert 60 * MIB < seen(desk, 1)["rss"] < 200 * MIB
    assert not desk.heard("finished", 1)
    pid = desk.wait("started", 1)["pid"]
    assert usage.of_tree(pid, {}).rss > 200 * MIB, "the sum that would have been too much"
