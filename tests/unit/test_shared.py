"""Small functions that share processes: they are told apart, and none stumbles over what another left."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aque.core.runner.carrier import Carrier
from aque.core.runner.channel import Channel
from aque.core.runner.ends import Ends, one_by_one
from aque.core.runner.job import Job, Spent
from aque.core.runner.marked import MarkedPipe
from aque.core.runner.outlet import Outlet
from aque.core.runner.timers import Timers
from tests.children import every_python
from tests.desk import Desk
from tests.waiting import wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets processes be forked and kept safely")

MODULE = """
import os, signal, subprocess, sys, threading, time

def pid(): return os.getpid()
def own(): return [os.getpid(), os.environ["AQUE_TASK_ID"]]
def say(number):
    sys.stdout.buffer.write(b"out %d\\0" % number)
    subprocess.run(["sh", "-c", "printf 'err %d' >&2" % number])
    return number
def fill(size): sys.stdout.write("x" * size)
def fail(): raise ValueError("no")
def leave(code): os._exit(code)
def die(): os.kill(os.getpid(), signal.SIGKILL)
def burn(seconds):
    start = time.process_time()
    while time.process_time() - start < seconds: pass
def mark(path):
    with open(path, "a") as file: file.write("%d\\n" % os.getpid())
def mark_and_wait(path):
    mark(path)
    while True: time.sleep(600)
def wait_for(path):
    while not os.path.exists(path): time.sleep(0.01)
def stubborn(path):
    signal.signal(signal.SIGTERM, lambda *_: open(path + ".term", "w").close())
    mark(path)
    while not os.path.exists(path + ".term"): time.sleep(0.01)
    return "ended by itself"
async def later(value): return value
def tell():
    for number in range(3): sys.modules["_aque_child.current"].progress(number, 3)
    return "told"

def changes():
    os.chdir("/"); os.environ["LEFT"] = "1"; del os.environ["HOME"]; os.umask(0o777)
    sys.path.insert(0, "/left"); sys.argv.append("left"); sys.stdout = None; sys.stderr = open(os.devnull, "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1); os.close(2); sys.modules["__main__"].left = 1
def state():
    umask = os.umask(0o22); os.umask(umask)
    print("seen"); print("too", file=sys.stderr)
    return [os.getpid(), os.getcwd(), os.environ.get("LEFT"), "HOME" in os.environ, umask, "/left" in sys.path,
            sys.argv, hasattr(sys.modules["__main__"], "left")]

def thread(): threading.Thread(target=time.sleep, args=(600,), daemon=True).start(); return os.getpid()
def last_words(): threading.Thread(target=lambda: (time.sleep(0.05), print("late"))).start(); return os.getpid()
def child(): subprocess.Popen(["sleep", "600"]); return os.getpid()
def orphan(): os.system("setsid sleep 600 >/dev/null 2>&1 & :"); return os.getpid()
def handler(): signal.signal(signal.SIGUSR1, lambda *_: None); return os.getpid()
def close(): sys.stdout.close(); return os.getpid()
def back():
    if os.fork(): os.wait()
    return os.getpid()
"""


class Together(Desk):
    """A runner whose functions share processes."""

    def __init__(self, folder: Path, cpus: float = 1.0) -> None:
        super().__init__()
        self.folder = folder
        self.runner.send({"type": "capacity", "cpus": cpus, "memory": None})

    def call(self, lease: int, func: str, *args: Any, **fields: Any) -> None:
        more = {"shared": True, "cwd": str(self.folder), "set": {"AQUE_TASK_ID": str(lease)}}
        super().call(lease, f"work:{func}", *args, **{**more, **fields})

    def kill(self, lease: int, number: int = signal.SIGTERM, grace: float | None = 5.0) -> None:
        self.runner.send({"type": "kill", "lease": lease, "signal": number, "grace": grace})

    def warm_up(self, count: int = 40) -> int:
        """Let it find that functions are short, so that it hands many over at once; the process that runs them."""
        for lease in range(10_000, 10_000 + count):
            self.call(lease, "pid")
        return {self.result(lease) for lease in range(10_000, 10_000 + count)}.pop()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Together]:
    (tmp_path / "work.py").write_text(MODULE)
    made = Together(tmp_path)
    yield made
    made.runner.close()


def test_where_no_process_can_be_forked_each_has_one_of_its_own_and_finds_the_same(desk: Together) -> None:
    """What is told once for all must reach those as well that a fresh interpreter runs."""
    for lease in (1, 2):
        desk.call(lease, "own", warm=False)
    (first, one), (second, two) = desk.result(1), desk.result(2)
    assert first != second
    assert (one, two) == ("1", "2")


@every_python
def test_functions_run_one_after_another_in_one_process(desk: Together, python: str) -> None:
    for lease in range(100):
        desk.call(lease, "own", python=python)
    results = [desk.result(lease) for lease in range(100)]
    assert len({pid for pid, _ in results}) == 1
    assert [int(own) for _, own in results] == list(range(100))
    ends = [header for header, _ in desk.said if header["type"] == "finished"]
    assert len(ends) == 100
    assert all(header["exit_code"] == 0 and header["started"] <= header["ended"] for header in ends)


def test_no_more_processes_than_fit_at_once(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(MODULE)
    desk = Together(tmp_path, cpus=2.0)
    for lease in range(3):
        desk.call(lease, "mark_and_wait", str(tmp_path / "mark"))
    desk.wait("started", 1)
    assert not desk.heard("started", 2)
    desk.kill(0)
    desk.wait("started", 2)
    desk.runner.close()


@every_python
def test_output_is_told_apart_byte_for_byte(desk: Together, python: str) -> None:
    for lease in range(50):
        desk.call(lease, "say", lease, python=python)
    for lease in range(50):
        assert desk.result(lease) == lease
        assert (desk.output(lease), desk.output(lease, 2)) == (b"out %d\0" % lease, b"err %d" % lease)


def test_megabytes_come_whole_between_others(desk: Together) -> None:
    for lease, size in enumerate((1, 5_000_000, 2)):
        desk.call(lease, "fill", size)
    for lease, size in enumerate((1, 5_000_000, 2)):
        desk.wait("finished", lease)
        assert desk.output(lease) == b"x" * size


@given(st.lists(st.tuples(st.sampled_from([0, 0, 0, 1, None]), st.booleans(), st.binary(max_size=9)), max_size=8))
def test_ends_that_are_told_together_arrive_as_if_each_were_told_alone(given: list[tuple[Any, bool, bytes]]) -> None:
    import socket

    ours, theirs = socket.socketpair()
    told, alone = Channel(ours), {}
    ends = Ends(told)
    for lease, (status, killed, body) in enumerate(given):
        job = Job({"lease": lease}, body)
        job.started, job.ended, job.killed = 1.5, 2.5, killed
        spent = Spent(0.25, 0.5, 3, 4)
        ends.tell(job, status, spent, 4096, body)
        alone[lease] = (job.finished(status, spent, 4096), body)
    ends.flush()
    told.flush()
    heard = {header["lease"]: (header, body) for header, body in one_by_one(Channel(theirs).receive())} if given else {}
    ours.close()
    theirs.close()
    assert heard == alone


@settings(max_examples=100)
@given(st.lists(st.tuples(st.binary(max_size=50), st.integers(0, 32)), min_size=1, max_size=6), st.integers(1, 60))
def test_any_cut_of_the_output_is_divided_at_the_marks(given: list[tuple[bytes, int]], size: int) -> None:
    """Bytes that look like the beginning of a mark are output too."""
    import socket

    ours, theirs = socket.socketpair()
    channel = Channel(ours)
    outlet = Outlet(channel, Timers())
    carrier = Carrier("key", Job({"lease": 0}, b""))
    carrier.jobs.extend(Job({"lease": lease}, b"") for lease in range(len(given)))
    parts = [part + carrier.secret[:half] for part, half in given]
    written = b"".join(part + carrier.secret for part in parts)
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    pipe = MarkedPipe(reading, 1, carrier, lambda _: None)
    for at in range(0, len(written), size):
        os.write(writing, written[at : at + size])
        pipe.read(outlet)
    channel.flush()
    got = dict.fromkeys(range(len(parts)), b"")
    for header, body in Channel(theirs).receive():
        got[header["lease"]] += body if header["type"] == "output" else b""
    for each in (reading, writing):
        os.close(each)
    ours.close()
    theirs.close()
    assert list(got.values()) == parts


def test_a_failure_is_its_own_tasks_alone(desk: Together) -> None:
    for lease, func in enumerate(("pid", "fail", "pid")):
        desk.call(lease, func)
    assert desk.told(1)["error"]["message"] == "no"
    assert desk.wait("finished", 1)["exit_code"] == 1
    assert desk.result(0) == desk.result(2)


def test_progress_and_coroutines_belong_to_their_tasks(desk: Together) -> None:
    desk.call(1, "tell")
    desk.call(2, "later", 5)
    assert (desk.result(1), desk.result(2)) == ("told", 5)
    assert [len(desk.heard("message", lease)) for lease in (1, 2)] == [3, 0]


@every_python
def test_what_a_function_changes_is_put_back(desk: Together, python: str) -> None:
    """Folder, variables, mask, paths, streams and their descriptors, `__main__`."""
    for lease, func in enumerate(("state", "changes", "state")):
        desk.call(lease, func, python=python)
    first, after = desk.result(0), desk.result(2)
    assert first == after
    assert after[1:4] == [str(desk.folder), None, True]
    assert (desk.output(2), desk.output(2, 2)) == (b"seen\n", b"too\n")


@pytest.mark.parametrize("func", ["thread", "child", "orphan", "handler", "close", "last_words"])
def test_what_cannot_be_put_back_ends_the_process(desk: Together, func: str) -> None:
    for lease, each in enumerate((func, "pid", "pid")):
        desk.call(lease, each)
    left, *others = (desk.result(lease) for lease in range(3))
    assert len({left, *others}) == 2
    assert left not in others
    wait_for(lambda: not psutil.pid_exists(left), message="a process that should end lives on")
    assert desk.output(0) == (b"late\n" if func == "last_words" else b"")


def test_a_fork_that_comes_back_is_not_a_second_process_for_tasks(desk: Together) -> None:
    for lease, func in enumerate(("back", "pid", "pid")):
        desk.call(lease, func)
    assert desk.result(0) == desk.result(1) == desk.result(2)


@pytest.mark.parametrize(("func", "arguments", "end"), [("leave", [3], ("exit_code", 3)), ("die", [], ("signal", 9))])
def test_a_process_that_dies_takes_one_task_along(
    desk: Together, func: str, arguments: list[int], end: tuple[str, int]
) -> None:
    first = desk.warm_up()
    mark = str(desk.folder / "mark")
    desk.call(1, "wait_for", str(desk.folder / "go"))
    desk.call(2, func, *arguments)
    for lease in range(3, 13):
        desk.call(lease, "mark", mark)
    (desk.folder / "go").touch()
    assert desk.wait("finished", 2)[end[0]] == end[1]
    for lease in range(3, 13):
        assert desk.wait("finished", lease)["exit_code"] == 0
    ran_in = (desk.folder / "mark").read_text().split()
    assert len(ran_in) == 10
    assert str(first) not in ran_in


def test_a_kill_meets_the_task_alone_and_nothing_runs_twice(desk: Together) -> None:
    desk.warm_up()
    waits, mark = str(desk.folder / "waits"), str(desk.folder / "mark")
    desk.call(1, "mark_and_wait", waits)
    for lease in range(2, 12):
        desk.call(lease, "mark", mark)
    wait_for(lambda: Path(waits).exists())
    desk.kill(5)
    end = desk.wait("finished", 5)
    assert (end["killed"], end["started"]) == (True, None)
    desk.kill(1)
    end = desk.wait("finished", 1)
    assert (end["killed"], end["signal"]) == (True, signal.SIGTERM)
    for lease in {*range(2, 12)} - {5}:
        assert desk.wait("finished", lease)["exit_code"] == 0
    assert len(Path(mark).read_text().split()) == 9
    assert len(Path(waits).read_text().split()) == 1


def test_a_task_that_outlives_its_signal_is_the_last_of_its_process(desk: Together) -> None:
    mark = str(desk.folder / "mark")
    desk.call(1, "stubborn", mark)
    desk.call(2, "pid")
    wait_for(lambda: Path(mark).exists())
    desk.kill(1)
    assert desk.result(1) == "ended by itself"
    assert str(desk.result(2)) not in Path(mark).read_text().split()


def test_nothing_waits_behind_a_task_that_takes_long(tmp_path: Path) -> None:
    """What was handed to one process goes to another where that has room."""
    (tmp_path / "work.py").write_text(MODULE)
    desk = Together(tmp_path)
    desk.warm_up()
    desk.call(1, "mark_and_wait", str(tmp_path / "waits"))
    for lease in range(2, 12):
        desk.call(lease, "pid")
    wait_for((tmp_path / "waits").exists)
    desk.runner.send({"type": "capacity", "cpus": 2.0, "memory": None})
    for lease in range(2, 12):
        desk.wait("finished", lease)
    assert not desk.heard("finished", 1)
    desk.runner.close()


def test_a_timeout_counts_from_the_tasks_own_start(desk: Together) -> None:
    desk.call(1, "burn", 0.3)
    desk.call(2, "mark_and_wait", str(desk.folder / "waits"), timeout=0.2)
    desk.call(3, "pid")
    assert desk.wait("finished", 1)["exit_code"] == 0
    end = desk.wait("finished", 2)
    assert (end["timed_out"], end["signal"]) == (True, signal.SIGTERM)
    assert desk.result(3)


def test_each_task_is_charged_for_its_own(desk: Together) -> None:
    for lease, seconds in enumerate((0.0, 0.3, 0.0)):
        desk.call(lease, "burn", seconds)
    used = [sum(desk.wait("finished", lease)[name] for name in ("user_time", "system_time")) for lease in range(3)]
    assert used[1] >= 0.3
    assert max(used[0], used[2]) < 0.3
    assert all(desk.wait("finished", lease)["max_rss"] > 1_000_000 for lease in range(3))


def test_tasks_of_other_surroundings_have_other_processes(desk: Together) -> None:
    desk.runner.send({"type": "capacity", "cpus": 2.0, "memory": None})
    desk.call(1, "mark_and_wait", str(desk.folder / "mark"))
    wait_for((desk.folder / "mark").exists)
    desk.call(2, "pid", cwd="/", python=sys.executable, set={"AQUE_TASK_ID": "2"})
    assert "work" in desk.told(2)["error"]["message"]
    assert not desk.heard("finished", 1)


def test_a_silent_worker_loses_what_runs_and_what_waits_behind(desk: Together) -> None:
    desk.warm_up()
    desk.call(1, "mark_and_wait", str(desk.folder / "waits"))
    desk.call(2, "pid")
    wait_for((desk.folder / "waits").exists)
    desk.runner.send({"type": "alive", "seconds": 0.1})
    assert desk.wait("finished", 1)["signal"] == signal.SIGKILL
    assert all(desk.wait("finished", lease)["cut_off"] for lease in (1, 2))


def test_what_has_not_begun_goes_back_when_the_worker_drains(desk: Together) -> None:
    desk.warm_up()
    desk.call(1, "wait_for", str(desk.folder / "go"))
    for lease in (2, 3):
        desk.call(lease, "pid")
    desk.wait("started", 1)
    desk.runner.send({"type": "cancel_waiting"})
    for lease in (2, 3):
        desk.wait("returned", lease)
    (desk.folder / "go").touch()
    assert desk.wait("finished", 1)["exit_code"] == 0


def test_a_big_order_reaches_a_process_that_is_busy(desk: Together) -> None:
    desk.warm_up()
    for lease in range(1, 6):
        desk.call(lease, "later", "x" * 1_000_000)
    assert all(len(desk.result(lease)) == 1_000_000 for lease in range(1, 6))


def test_an_interpreter_that_cannot_be_forked_runs_them_one_by_one(desk: Together) -> None:
    script = desk.folder / "python"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    script.chmod(0o755)
    for lease in (1, 2):
        desk.call(lease, "pid", python=str(script))
    assert desk.result(1) != desk.result(2)


def test_a_warm_interpreter_that_dies_costs_the_task_that_runs_alone(desk: Together) -> None:
    pid = desk.warm_up()
    zygote = psutil.Process(pid).ppid()
    desk.call(1, "mark_and_wait", str(desk.folder / "waits"))
    desk.call(2, "pid")
    wait_for((desk.folder / "waits").exists)
    os.kill(zygote, signal.SIGKILL)
    assert desk.wait("finished", 1)["signal"] == signal.SIGKILL
    assert desk.result(2) != pid


def test_a_time_limit_that_is_over_before_its_process_comes_to_a_task_loses_none(desk: Together) -> None:
    """The process is still being forked when the timer goes off: the task is neither signalled nor dropped."""
    for lease in range(20):
        desk.call(lease, "pid", timeout=1e-6)
        desk.wait("finished", lease)


def test_an_end_is_the_last_that_is_told_of_a_task(desk: Together) -> None:
    """Who is told of a start behind the end would keep a process for running that is somebody else's by then."""
    desk.warm_up()
    for lease in range(0, 400, 2):
        desk.call(lease, "pid")
        desk.call(lease + 1, "pid")
        desk.kill(lease)
        desk.kill(lease + 1)
    for lease in range(400):
        desk.wait("finished", lease)
    ended: set[int] = set()
    for header, _ in desk.said:
        assert header["type"] != "started" or header["lease"] not in ended
        ended |= {header["lease"]} if header["type"] == "finished" else set()
