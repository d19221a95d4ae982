"""Functions that are forked from a warm interpreter: they find what a fresh one has, and end as its processes do."""

from __future__ import annotations

import errno
import os
import pwd
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import psutil
import pytest

from aque.core.runner.job import Job
from aque.core.runner.spawn import Plan
from aque.core.runner.stdio import Files
from aque.core.runner.warm import Warm
from tests.children import every_python
from tests.desk import BOOT, Desk
from tests.waiting import wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets processes be forked and kept safely")

MODULE = """
import atexit, gc, os, random, signal, sys, threading, time

def around():
    streams = [
        [each.name, each.mode, each.encoding, each.errors, each.line_buffering, each.write_through, each.closed,
         each.seekable(), each.isatty(), each.newlines, type(each.buffer).__name__]
        for each in (sys.stdin, sys.stdout, sys.stderr)
    ]
    handlers = [str(signal.getsignal(each)) for each in range(1, 32)]
    umask = os.umask(0)
    descriptors = [each for each in range(3, 64) if os.path.exists("/proc/self/fd/%d" % each)]
    return [dict(os.environb), os.getcwd(), sys.path, sys.argv, list(sys.flags), sys.executable, sys.prefix, streams,
            handlers, umask, gc.isenabled(), gc.get_threshold(), os.getsid(0) == os.getpid(), os.getgroups(),
            threading.active_count(), len(descriptors), sorted(vars(sys.modules["__main__"])), __name__,
            [line for line in open("/proc/self/status") if line.startswith(("Cap", "Sig", "Shd", "NoNew", "Uid", "Gid"))
             and not line.startswith("SigQ")]]

def path(): return sys.path
def names(): return sorted(sys.modules)
def parent(): return os.getppid()
def long(text): return [len(text), os.getppid()]
def seeds(): return [random.random(), hash("text")]
def leave(code): os._exit(code)
def die(number): os.kill(os.getpid(), number)
def burn(seconds):
    block = bytearray(30_000_000)
    while time.process_time() < seconds: pass
def wait(): print(os.getpid(), os.getppid(), flush=True); time.sleep(600)
def stay(): os.system("sleep 600 & echo $!")
def read(): return sys.stdin.read()
def late():
    threading.Thread(target=lambda: (threading.main_thread().join(), print("thread"))).start()
    atexit.register(print, "exit")
    global kept
    kept = open("kept", "w")
    kept.write("written")
async def later(value): return value
def who(): return [os.getresuid(), os.getresgid(), os.getgroups(), os.path.exists("/proc/self/fd/7")]
"""


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.runner.close()


@pytest.fixture
def here(tmp_path: Path) -> str:
    (tmp_path / "work.py").write_text(MODULE)
    return str(tmp_path)


def environ(desk: Desk, **variables: str) -> int:
    """Another environment of this name, as the runner's key for it."""
    import json

    desk.runner.send({"type": "environ", "key": 2}, json.dumps({**os.environ, **variables}).encode())
    return 2


@every_python
@pytest.mark.parametrize("streams", [{}, {"stdout": "out", "stderr": "out"}, {"stdin": "work.py"}])
def test_a_forked_function_finds_what_a_fresh_interpreter_has(
    desk: Desk, here: str, python: str, streams: dict[str, str]
) -> None:
    """Variables, folder, paths, streams, signals, rights, descriptors: a difference breaks tasks that are forked."""
    for lease, warm in ((1, True), (2, True), (3, False)):
        desk.call(lease, "work:around", python=python, warm=warm, cwd=here, **streams)
    first, second, fresh = (desk.result(lease) for lease in (1, 2, 3))
    assert first == second
    assert first == fresh


def test_functions_are_forked_from_one_interpreter(desk: Desk, here: str) -> None:
    for lease in (1, 2):
        desk.call(lease, "work:parent", cwd=here)
    assert desk.result(1) == desk.result(2) != desk.pid
    assert desk.wait("started", 1)["pid"] != desk.wait("started", 2)["pid"]


def test_no_module_is_there_before_its_time(desk: Desk, here: str) -> None:
    """A module of the standard library that is loaded already would hide a task's own of that name."""
    for lease, warm in ((1, True), (2, True), (3, False)):
        desk.call(lease, "work:names", cwd=here, warm=warm)
        desk.wait("finished", lease)  # what the interpreter imports to reap one would be there for the next
    for lease in (1, 2):
        own = {name for name in desk.result(lease) if not name.startswith("_aque_child")}
        assert own - set(desk.result(3)) <= {"_socket", "atexit"}


def test_random_numbers_differ_between_forks(desk: Desk, here: str) -> None:
    for lease in (1, 2):
        desk.call(lease, "work:seeds", cwd=here)
    assert desk.result(1)[0] != desk.result(2)[0]


def test_what_counts_at_a_start_counts(desk: Desk, here: str) -> None:
    """A seed of hashes, a path or a loader's variable is read once, so a task that has another needs another start."""
    desk.call(1, "work:parent", cwd=here)
    desk.call(2, "work:around", cwd=here, environ=environ(desk, PYTHONHASHSEED="7", PYTHONPATH="/usr", PYTHONUTF8="1"))
    desk.call(3, "work:around", cwd=here, environ=2, warm=False)
    desk.call(4, "work:parent", cwd=here, environ=2)
    desk.call(5, "work:seeds", cwd=here, environ=2)
    desk.call(6, "work:seeds", cwd=here, environ=2, warm=False)
    assert desk.result(2) == desk.result(3)
    assert desk.result(5)[1] == desk.result(6)[1]
    assert desk.result(1) != desk.result(4) != desk.pid


def test_other_variables_need_no_other_interpreter(desk: Desk, here: str) -> None:
    desk.call(1, "work:parent", cwd=here)
    desk.call(2, "work:parent", cwd=here, environ=environ(desk, COLOUR="red"))
    desk.call(3, "os:getenv", "COLOUR", environ=2)
    desk.call(4, "os:getenv", "COLOUR")
    assert desk.result(1) == desk.result(2)
    assert (desk.result(3), desk.result(4)) == ("red", None)


@every_python
def test_ends_are_reported_as_those_of_any_process(desk: Desk, here: str, python: str) -> None:
    desk.call(1, "work:leave", 3, cwd=here, python=python)
    desk.call(2, "work:die", signal.SIGSEGV, cwd=here, python=python)
    desk.call(3, "work:burn", 0.2, cwd=here, python=python)
    assert desk.wait("finished", 1)["exit_code"] == 3
    assert desk.wait("finished", 2)["signal"] == signal.SIGSEGV
    used = desk.wait("finished", 3)
    assert used["user_time"] + used["system_time"] >= 0.2
    assert 30_000_000 < used["max_rss"] < 2_000_000_000


@every_python
def test_threads_exit_functions_and_open_files_end_as_they_do_with_an_interpreter(
    desk: Desk, here: str, python: str
) -> None:
    desk.call(1, "work:late", cwd=here, python=python)
    desk.wait("finished", 1)
    assert desk.output(1) == b"thread\nexit\n"
    assert (Path(here) / "kept").read_text() == "written"


@pytest.mark.parametrize("size", [10, 40_000, 1_000_000])
def test_an_order_of_any_size_arrives(desk: Desk, here: str, size: int) -> None:
    """What does not fit into a packet of the socket to a warm interpreter takes another way."""
    desk.call(1, "work:long", "x" * size, cwd=here)
    length, parent = desk.result(1)
    assert length == size
    assert parent != desk.pid


def test_where_the_end_of_another_ones_child_is_not_told_nothing_is_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux before 5.3: a fork's end would never be heard of, so each function is a program of its own."""

    def refuse(_pid: int) -> int:
        raise OSError(errno.ENOSYS, "")

    monkeypatch.setattr(os, "pidfd_open", refuse)
    with selectors.DefaultSelector() as selector:
        assert Warm(selector).fork(Job({"lease": 1, "warm": True}, b""), cast("Plan", None), Files()) is None


def test_a_task_starts_while_the_one_before_it_is_not_reaped(desk: Desk, here: str) -> None:
    """A process that has ended takes no room, however long its interpreter takes to say what it used."""
    desk.runner.send({"type": "capacity", "cpus": 1, "memory": None})
    desk.call(1, "work:wait", cwd=here)
    wait_for(lambda: desk.output(1).endswith(b"\n"))
    own, warm = map(int, desk.output(1).split())
    os.kill(warm, signal.SIGSTOP)
    try:
        desk.run(2, "/bin/true")
        os.kill(own, signal.SIGKILL)
        assert desk.wait("finished", 2)["exit_code"] == 0
    finally:
        os.kill(warm, signal.SIGCONT)
    assert desk.wait("finished", 1)["signal"] == signal.SIGKILL


def test_a_coroutine_is_awaited(desk: Desk, here: str) -> None:
    desk.call(1, "work:later", 5, cwd=here)
    assert desk.result(1) == 5


def test_streams_of_its_own_reach_a_function(desk: Desk, here: str) -> None:
    desk.call(1, "work:read", cwd=here, stdin="work.py")
    desk.call(2, "builtins:print", "words", cwd=here, stdout="out")
    assert desk.result(1) == MODULE
    desk.wait("finished", 2)
    assert (Path(here) / "out").read_text() == "words\n"


def test_a_background_process_of_a_function_does_not_outlive_it(desk: Desk, here: str) -> None:
    desk.call(1, "work:stay", cwd=here)
    desk.wait("finished", 1)
    left = int(desk.output(1))
    wait_for(lambda: not psutil.pid_exists(left), message="a function left a process behind")


def test_a_kill_that_comes_before_the_process_is_there_finds_it(desk: Desk, here: str) -> None:
    desk.call(1, "work:wait", cwd=here)
    desk.runner.send({"type": "kill", "lease": 1, "signal": 15, "grace": 5.0})
    end = desk.wait("finished", 1)
    assert (end["signal"], end["killed"]) == (signal.SIGTERM, True)


def test_a_timeout_ends_a_function(desk: Desk, here: str) -> None:
    desk.call(1, "work:wait", cwd=here, timeout=0.1)
    end = desk.wait("finished", 1)
    assert (end["signal"], end["timed_out"]) == (signal.SIGTERM, True)


def test_a_warm_interpreter_that_dies_takes_its_functions_along_and_is_replaced(desk: Desk, here: str) -> None:
    desk.call(1, "work:wait", cwd=here)
    wait_for(lambda: desk.output(1).endswith(b"\n"))
    own, warm = map(int, desk.output(1).split())
    os.kill(warm, signal.SIGKILL)
    assert desk.wait("finished", 1)["signal"] == signal.SIGKILL
    assert not psutil.pid_exists(own)
    desk.call(2, "work:parent", cwd=here)
    assert desk.result(2) not in (warm, desk.pid)


def test_a_frozen_warm_interpreter_and_its_functions_die_with_the_runner(desk: Desk, here: str) -> None:
    desk.call(1, "work:wait", cwd=here)
    wait_for(lambda: desk.output(1).endswith(b"\n"))
    pids = list(map(int, desk.output(1).split()))
    os.kill(pids[1], signal.SIGSTOP)
    os.kill(desk.pid, signal.SIGKILL)
    wait_for(lambda: not any(is_alive(pid) for pid in pids), message="they outlived their runner")


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_an_interpreter_that_has_threads_is_not_forked(desk: Desk, here: str) -> None:
    """What other threads hold at a fork stays locked for ever."""
    (Path(here) / "sitecustomize.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
    )
    desk.call(1, "work:parent", cwd=here, environ=environ(desk, PYTHONPATH=here))
    desk.call(2, "work:parent", cwd=here, environ=2)
    assert desk.result(1) == desk.result(2) == desk.pid


def test_a_script_as_an_interpreter_is_started_each_time(desk: Desk, here: str) -> None:
    script = Path(here) / "python"
    script.write_text(f'#!/bin/sh\nCHOSEN=$PWD exec {sys.executable} "$@"\n')
    script.chmod(0o755)
    desk.call(1, "os:getenv", "CHOSEN", cwd=here, python=str(script))
    desk.call(2, "work:parent", cwd=here, python=str(script))
    assert (desk.result(1), desk.result(2)) == (here, desk.pid)


def test_a_program_that_is_no_python_ends_as_it_does(desk: Desk) -> None:
    desk.call(1, "work:wait", python="/bin/false")
    assert desk.wait("finished", 1)["exit_code"] == 1


@pytest.mark.parametrize(("python", "kind"), [("/no/such/python", "not_found"), (BOOT, "not_executable")])
def test_an_interpreter_that_cannot_start_is_one_line(desk: Desk, python: str, kind: str) -> None:
    desk.call(1, "work:wait", python=python)
    error = desk.wait("finished", 1)["error"]
    assert error["kind"] == kind
    assert "\n" not in error["message"]


def test_what_is_installed_meanwhile_is_found(desk: Desk, here: str) -> None:
    """A warm interpreter has read the path files of its packages' folder once."""
    home = Path(here) / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    (site,) = home.glob("lib/python*/site-packages")
    python = str(home / "bin" / "python")
    desk.call(1, "work:path", cwd=here, python=python)
    assert "/usr/share" not in desk.result(1)
    (site / "more.pth").write_text("/usr/share\n")
    desk.call(2, "work:path", cwd=here, python=python)
    assert "/usr/share" in desk.result(2)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's runner runs tasks of others")
def test_nothing_of_root_is_left_to_a_function_of_another_user(desk: Desk) -> None:
    nobody = pwd.getpwnam("nobody")
    fields: dict[str, Any] = {"user": "nobody", "cwd": "/", "python": "/usr/bin/python3"}
    desk.call(1, "os:getresuid", **fields)
    desk.call(2, "os:getgroups", **fields)
    desk.call(3, "os:getppid", **fields)
    desk.call(4, "pathlib:Path.read_text", Path("/proc/self/status"), **fields)
    assert desk.result(1) == (nobody.pw_uid,) * 3
    assert 0 not in desk.result(2)
    status = psutil.Process(desk.result(3))
    assert set(status.uids()) == {nobody.pw_uid}
    capabilities = [line.split()[1] for line in desk.result(4).splitlines() if line.startswith(("CapEff", "CapPrm"))]
    assert capabilities == ["0" * 16] * 2
