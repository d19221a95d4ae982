"""Children as a runner starts them, in every Python that is here, and a module of functions for them to run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aque.core import child
from aque.core.child import codec

BOOT = str(Path(child.__file__).with_name("boot.py"))
WAIT = 60  # seconds, far more than a child needs


def _pythons() -> list[str]:
    """The interpreters of 3.8 to 3.13 that pyenv has, and the one that runs this."""
    found = {sys.executable: None}
    for minor in range(8, 14):
        homes = sorted((Path.home() / ".pyenv" / "versions").glob(f"3.{minor}.*/bin/python"))
        found.update({str(home): None for home in homes[-1:]})
    return list(found)


every_python = pytest.mark.parametrize("python", _pythons(), ids=lambda path: Path(path).parts[-3])


@dataclass
class Ended:
    """All that a child left."""

    status: int
    lines: list[dict[str, Any]]
    raw: str
    stdout: str
    stderr: str

    @property
    def value(self) -> Any:
        assert self.lines[-1]["type"] == "result", (self.lines, self.stderr)
        assert self.status == 0
        return codec.from_tree(self.lines[-1]["value"])

    @property
    def error(self) -> dict[str, Any]:
        assert self.lines[-1]["type"] == "error", self.lines
        assert self.status == 1
        error: dict[str, Any] = self.lines[-1]["error"]
        return error


def start(message: dict[str, Any], cwd: Path, python: str = sys.executable, **more: Any) -> tuple[Any, int]:
    """The process, and the descriptor that its lines are read from."""
    source, into = os.pipe()
    out, back = os.pipe()
    environ = {**os.environ, "AQUE_INPUT_FD": str(source), "AQUE_MESSAGE_FD": str(back), **more.pop("environ", {})}
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **more}
    process = subprocess.Popen([python, BOOT], cwd=cwd, env=environ, pass_fds=(source, back), **settings)
    os.close(source)
    os.close(back)
    with os.fdopen(into, "w") as stream:
        json.dump(message, stream)
    return process, out


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Dependencies as a child is told of them: each field a column."""
    return {name: [each[name] for each in rows] for name in (rows[0] if rows else ())}


def run(func: str, cwd: Path, *args: Any, python: str = sys.executable, **more: Any) -> Ended:
    """Run a function in a child and wait for its end."""
    told = {
        "task": {
            "id": 7,
            "name": "n",
            "attempt": 2,
            "func": func,
            "args": json.dumps([codec.to_tree(arg) for arg in args]),
            "kwargs": json.dumps({name: codec.to_tree(arg) for name, arg in more.pop("kwargs", {}).items()}),
            **more.pop("task", {}),
        },
        "run": more.pop("run", "generic"),
        "dependencies": _columns(more.pop("dependencies", [])),
        "broker": "embedded:/x",
    }
    process, out = start(told, cwd, python, **more)
    with os.fdopen(out, encoding="utf-8") as stream:
        raw = stream.read()
    stdout, stderr = process.communicate(timeout=WAIT)
    lines = [json.loads(line) for line in raw.splitlines()]
    return Ended(process.returncode, lines, raw, stdout or "", stderr or "")


def made(id: int, result: Any = None, **more: Any) -> dict[str, Any]:
    """A dependency that succeeded."""
    return {
        "id": id,
        "name": f"d{id}",
        "state": "success",
        "exit_code": 0,
        "result": codec.encode(result),
        "stdout": None,
        **more,
    }


WORK = """
import sys, os

def add(a, b=0):
    return a + b

def kind(value):
    return type(value).__name__

async def later(value):
    import asyncio
    await asyncio.sleep(0)
    return value

def fail(*message):
    raise ValueError(*message)

class Weird(Exception):
    def __init__(self, number, *, why):
        super().__init__("%s because %s" % (number, why))
        self.number = number

def weird():
    raise Weird(3, why="so")

def leave(code):
    print("left")
    sys.exit(code)

def interrupt():
    raise KeyboardInterrupt

def unstorable():
    return lambda: 1

def steps():
    current = sys.modules["_aque_child.current"]
    current.progress(1)
    current.progress(3, 10, "frame \\0 \\ud800")
    task = current.current_task()
    return [task.id, task.name, task.attempt, task.fields["func"], current.broker_url()]

def surroundings():
    names = [name for name in os.environ if name in ("AQUE_INPUT_FD", "AQUE_MESSAGE_FD", "AQUE_SYS_PATH")]
    main = vars(sys.modules["__main__"])
    return [names, sys.path, sorted(k for k in main if not k.startswith("__") or k == "__file__"), sys.argv]

def descriptors():
    import subprocess
    code = "import os; print([n for n in range(3, 64) if os.path.exists('/dev/fd/%d' % n)])"
    return subprocess.run([sys.executable, "-c", code], close_fds=False, stdout=-1).stdout.decode().strip()

def fork():
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
    return pid > 0

def fork_fails():
    pid = os.fork()
    if not pid:
        raise ValueError("only the fork")
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def spawn():
    import multiprocessing
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.map(add, [1, 2])

class Broken(Exception):
    def __str__(self):
        raise TypeError
    def __reduce__(self):
        raise TypeError

def broken():
    raise Broken

def thread():
    import threading
    threading.Thread(target=lambda: (threading.main_thread().join(), print("after"))).start()
    return 1

def mark():
    open("mark", "w").close()

def say():
    print("x" * 10)

def say_and_fail():
    say()
    fail("said")

def say_past_another():
    import io
    say()
    sys.stdout = io.StringIO()

def wait():
    import signal
    print("up", flush=True)
    signal.pause()

class Pattern:
    def run(self, task, dependencies):
        return ["pattern", task["id"], task["args"], [each["result"] for each in dependencies]]

def lenient(task, dependencies):
    try:
        task["args"]
    except Exception as error:
        return [task["kwargs"], task["extra"], str(error)]

def pattern(task, dependencies):
    return ["callable", task["name"], len(dependencies)]
"""
