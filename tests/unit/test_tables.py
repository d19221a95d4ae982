"""What a runner remembers of tasks that have ended: nothing, however many they were."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aque.core.runner import boot
from aque.core.runner.channel import Channel
from aque.core.runner.client import Runner
from aque.core.worker.crew import Crew
from aque.core.worker.launch import Launch
from tests.desk import Desk

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets processes be forked and kept safely")

MANY = 20_000
AT_ONCE = 400
FEW = 100  # far less than there are tasks, and more than what a runner at rest needs

# A runner that, when the worker hangs up, tells of all its objects how long their tables are.
OBSERVED = """
import collections, importlib, importlib.util, json, socket, sys

spec = importlib.util.spec_from_file_location("boot", {boot!r})
boot = importlib.util.module_from_spec(spec)
spec.loader.exec_module(boot)
boot.load()
module = importlib.import_module(boot.NAME + ".loop")

def attributes(one):
    names = [*vars(one)] if hasattr(one, "__dict__") else []
    names += [name for kind in type(one).__mro__ for name in getattr(kind, "__slots__", ())]
    return {{name: getattr(one, name) for name in names if hasattr(one, name)}}

def parts(one):
    if isinstance(one, dict):
        return [*one.keys(), *one.values()]
    if isinstance(one, (list, tuple, set, collections.deque)):
        return list(one)
    return list(attributes(one).values()) if type(one).__module__.startswith(boot.NAME) else []

def lengths(root):
    seen, left, found = set(), [root], {{}}
    while left:
        one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if type(one).__module__.startswith(boot.NAME):
            for name, value in attributes(one).items():
                if isinstance(value, (dict, list, set, collections.deque, bytearray)):
                    place = type(one).__name__ + "." + name
                    found[place] = max(found.get(place, 0), len(value))
        left += parts(one)
    return found

sock = socket.socket(fileno=int(sys.argv[1]))
sock.set_inheritable(False)
module.slot()
loop = module.Loop(sock)
try:
    loop.run()
finally:
    with open({told!r}, "w") as file:
        json.dump(lengths(loop), file)
    module.kill_everything()
"""


class Observed(Desk):
    """A runner of some cpus whose tables can be looked at in the end; what it says is counted, and not kept."""

    def __init__(self, folder: Path, cpus: float) -> None:
        self._told = folder / "told"
        program = folder / "observed.py"
        program.write_text(OBSERVED.format(boot=boot.__file__, told=str(self._told)))
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(program), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        super().__init__(Runner(process, Channel(ours)))
        self.runner.send({"type": "capacity", "cpus": cpus, "memory": None, "output_limit": 1 << 20})
        self.count: Counter[str] = Counter()
        self.bad: list[Any] = []

    def hear_until(self, ended: int) -> None:
        """Listen until so many tasks have ended."""
        while self.count["finished"] < ended:
            self.runner.flush()
            assert select.select([self.runner.fileno()], [], [], 60)[0], f"no word after {self.count}"
            for header, _ in self.runner.receive():
                self.count[header["type"]] += 1
                if header["type"] == "finished" and header["exit_code"] != 0:
                    self.bad.append(header)

    def tables(self) -> dict[str, int]:
        """How long the tables of the runner were when it ended."""
        self.runner.close()
        found: dict[str, int] = json.loads(self._told.read_text())
        assert len(found) > 20, found  # it has looked
        return found


@pytest.fixture
def observed(tmp_path: Path) -> Iterator[Observed]:
    made = Observed(tmp_path, cpus=2.0)
    yield made
    made.runner.close()


def test_small_tasks_leave_nothing_behind(observed: Observed) -> None:
    """Each has a time limit that is far away, says something, and tells of its progress."""
    say = "exec(\"print('x' * 100, flush=True); __import__('sys').modules['_aque_child.current'].progress(1, 2)\")"
    for lease in range(MANY):
        observed.call(lease, "builtins:eval", say, shared=True, timeout=3600.0)
        observed.hear_until(lease - AT_ONCE)
    observed.hear_until(MANY)
    assert not observed.bad
    assert observed.count["output"] and observed.count["message"]
    long = {place: size for place, size in observed.tables().items() if size > FEW}
    assert not long


@pytest.mark.parametrize("kind", ["commands", "functions"])
def test_tasks_with_processes_of_their_own_leave_nothing_behind(observed: Observed, kind: str) -> None:
    for lease in range(MANY // 20):
        if kind == "commands":
            observed.run(lease, "/bin/echo", "x", timeout=3600.0)
        else:
            observed.call(lease, "builtins:print", "x", timeout=3600.0)
        observed.hear_until(lease - AT_ONCE)
    observed.hear_until(MANY // 20)
    assert not observed.bad
    long = {place: size for place, size in observed.tables().items() if size > FEW}
    assert not long


def test_environments_are_forgotten_where_the_worker_says_so(observed: Observed) -> None:
    """Tasks that submit tasks give them an environment of their own each."""
    for lease in range(500):
        observed.runner.send({"type": "environ", "key": 1000 + lease}, json.dumps(dict(os.environ)).encode())
        observed.run(lease, "/bin/true", environ=1000 + lease)
        observed.runner.send({"type": "forget", "keys": [1000 + lease]})
    observed.hear_until(500)
    assert not observed.bad
    assert observed.tables()["Tasks._environs"] == 1


def test_a_crew_keeps_few_environments_and_each_task_has_its_own() -> None:
    crew = Crew(2.0, 1 << 30)
    plain = dict.fromkeys(("cwd", "stdin", "stdout", "stderr", "timeout", "user", "group", "input_size", "stdin_size"))
    said: list[bytes] = []
    for number in range(600):
        if not crew.knows(number):
            crew.teach(number, json.dumps({"NUMBER": str(number), "PATH": os.environ["PATH"]}))
        own = {"type": "run", "lease": number, "argv": ["sh", "-c", 'echo "$NUMBER"'], "environ": number, "set": {}}
        crew.launch(Launch({**plain, **own, "cpus": 1.0, "memory": 0, "grace": 5.0}, b""))
        crew.forget()
        crew.flush()
        said += [body for header, body in crew.receive() if header["type"] == "output"]
    while len(said) < 600:
        assert select.select([crew.fileno()], [], [], 60)[0]
        crew.flush()
        said += [body for header, body in crew.receive() if header["type"] == "output"]
    assert sorted(map(int, said)) == list(range(600))
    assert sum(map(crew.knows, range(600))) <= 200
    crew.close()
