"""A small farm for the pictures of the manual: a broker, workers and tasks that are real, of which a minute is an hour.

The tasks run, write, fail and are steered as any do. Afterwards the times of what is over are stretched, and what names
this host and its user has other names.
"""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aque
from aque.core import embedded
from aque.core.broker import Broker
from aque.core.selection import Selection
from aque.core.states import COMPLETE_STATES
from aque.core.steering import Steering

HOSTS: Final = {"larch": 4, "maple": 4, "rowan": 6}
STRETCH: Final = 120
_PATIENCE: Final = 180.0  # seconds

PROGRAMS: Final = {
    "simulate": """
echo "simulate $1: 240 steps"
for step in 60 120 180 240; do echo "step $step: residual 1e-$((step / 40))"; sleep 0.3; done
""",
    "render": """
printf 'scene    \\033[36m%s\\033[0m, frame %s\\n' "$1" "$2"
echo "textures 214, 3.1 GiB"
if [ "$1-$2" = harbour-06 ]; then
    echo "foam.exr: no such texture" >&2
    exit 2
fi
for part in $(seq 1 32); do
    echo "$part/32 samples" >&$AQUE_PROGRESS_FD
    printf 'tile %s of 32: 512 samples, noise 0.%03d\\n' "$part" $((40 - part))
    sleep $PACE
done
""",
    "encode": 'echo "encode $1: 8 frames, 24 a second"; sleep 0.8\n',
    "index": 'echo "$1: 14,208 words"; sleep 0.$2\n',
    "backup": 'echo "$1: 31,877 files"; sleep 1; [ "$1" != mail ] || { echo "mail: disk full" >&2; exit 1; }\n',
}

_NAMES: Final = (
    "update aque.worker set hostname = name, username = 'farm', pid = 1200 + id, ip = null",
    "update aque.shape set username = case queue when 'render' then 'ada' when 'index' then 'ben' else 'olga' end",
    "update aque.spec set cwd = '/srv/farm'",
    "update aque.task set owner = 'olga'",
    "update aque.event set who = (array['ada', 'olga'])[1 + id % 2]",
)
_LOAD: Final = (
    "create function public.own_load() returns trigger language plpgsql as"
    " 'begin new.load := new.cpus_used * 0.9 + new.id * 0.07; return new; end'",
    "create trigger own_load before update on aque.worker for each row execute function public.own_load()",
)
"""Three hosts are one in truth, and so would be their load."""
_TIMES: Final = {
    "task": ("created_at", "started_at", "finished_at"),
    "attempt": ("started_at", "finished_at"),
    "event": ("at",),
    "output": ("at",),
    "worker": ("started_at",),
}


@dataclass
class Farm:
    """A broker, and what is done with it."""

    broker: Broker
    home: Path

    def submit(self, queue: str, *lines: str, **fields: Any) -> list[int]:
        """Queue commands, one a line."""
        path = f"{self.home / 'bin'}:{os.environ['PATH']}"
        environ = {"PATH": path, "AQUE_PROGRESS_FD": "", **fields.pop("environ", {})}
        shared = {"queue": queue, "cwd": str(self.home), "environ": environ}
        made = [{"pattern": "shell", "args": line.split(), "name": _name(line), **shared, **fields} for line in lines]
        return [each.id for each in aque.Queue(broker=self.broker).submit_many(made)]

    def group(self, name: str, queue: str) -> int:
        """A group that waits for its tasks."""
        made = {"pattern": "group", "name": name, "queue": queue, "hold": True}
        return aque.Queue(broker=self.broker).submit_many([made])[0].id

    def shot(self, name: str, frames: int, pace: str = "0.05") -> list[int]:
        """A group of a simulation, frames that need it, and a film of them; the frames."""
        group = self.group(f"shot {name}", "render")
        (simulation,) = self.submit("render", f"simulate {name}", parent=group, cpus=2, memory="8G")
        lines = [f"render {name} {frame:02}" for frame in range(1, frames + 1)]
        more = {"parent": group, "memory": "4G", "dependencies": [simulation]}
        found = self.submit("render", *lines, environ={"PACE": pace}, **more)
        self.submit("render", f"encode {name}", parent=group, dependencies=found)
        self.broker.seal(group)
        return found

    def until(self, condition: Callable[[], object]) -> None:
        """Wait."""
        end = time.monotonic() + _PATIENCE
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError("the farm does not come to rest")
            time.sleep(0.2)

    def states(self, ids: list[int]) -> list[str]:
        """The states of tasks."""
        return [str(each.state) for each in self.broker.tasks(ids)]

    def stretch(self) -> None:
        """Let what happened have taken longer, and hide where."""
        with self.broker.database.connection() as conn:
            for table, columns in _TIMES.items():
                longer = ", ".join(f"{each} = now() - (now() - {each}) * {STRETCH}" for each in columns)
                conn.execute(f"update aque.{table} set {longer}".encode())
            for statement in (*_LOAD, *_NAMES):
                conn.execute(statement.encode())


def _name(line: str) -> str:
    """render dunes 01 is dunes-01, and index paper-7 3 is paper-7."""
    program, what, *rest = line.split()
    return {"render": "-".join([what, *rest]), "index": what}.get(program, f"{program} {what}")


@contextlib.contextmanager
def farm() -> Iterator[Farm]:
    """A farm on which a day has gone by."""
    with tempfile.TemporaryDirectory(prefix="aque-farm-") as folder:
        home = Path(folder)
        home.chmod(0o711)  # the server's own user passes through
        (home / "bin").mkdir()
        for name, text in PROGRAMS.items():
            (home / "bin" / name).write_text(f"#!/bin/sh\n{text.lstrip()}")
            (home / "bin" / name).chmod(0o755)
        endpoint = embedded.ensure(home / "broker")
        try:
            with Broker(f"embedded:{home / 'broker'}") as broker:
                broker.database.initialise(from_scratch=True)
                with _workers(broker):
                    made = Farm(broker, home)
                    _day(made)
                    made.stretch()
                    yield made
        finally:
            endpoint.lease.close()
            embedded.stop(home / "broker")


@contextlib.contextmanager
def _workers(broker: Broker) -> Iterator[None]:
    env = {**os.environ, "AQUE_BROKER": broker.to_url()}
    argv = [sys.executable, "-P", "-m", "aque", "worker", "-m", "64G"]
    started = [
        subprocess.Popen([*argv, "--name", name, "-c", str(cpus)], env=env, stderr=subprocess.DEVNULL)
        for name, cpus in HOSTS.items()
    ]
    try:
        yield
    finally:
        broker.kill([each.id for each in broker.tasks() if each.state not in COMPLETE_STATES])
        for each in started:
            each.terminate()
        for each in started:
            each.wait(60)


def _day(farm: Farm) -> None:
    dice = random.Random(7)
    steering = Steering(farm.broker)
    farm.shot("lighthouse", 8)
    backups = farm.group("nightly backup", "default")
    (*_, mail) = farm.submit("default", "backup home", "backup wiki", "backup mail", parent=backups)
    farm.broker.seal(backups)
    for month in ("january", "february", "march", "april"):
        group = farm.group(f"papers {month}", "index")
        papers = [
            f"index {month}-{dice.randrange(1000):03} {dice.randrange(1, 9)}" for _ in range(dice.randrange(8, 20))
        ]
        farm.submit("index", *papers, parent=group)
        farm.broker.seal(group)
        farm.until(lambda: farm.states([group]) == ["success"])  # noqa: B023
        if month == "february":
            harbour = farm.shot("harbour", 8)
    farm.until(lambda: "error" in farm.states(harbour) and "error" in farm.states([mail]))
    steering.retry(Selection.of([mail]))
    farm.until(lambda: not any(each.state in ("running", "pending") for each in farm.broker.tasks()))
    dunes = farm.shot("dunes", 24, pace="20")
    farm.until(lambda: farm.states(dunes).count("running") >= 14)
    steering.prioritise(Selection.of(dunes[-4:]), 100, is_relative=True)
    steering.pause(Selection.of(dunes[16:19]))
    steering.resume(Selection.of(dunes[18:19]))
    archive = farm.submit("index", "index archive-1998 9", "index archive-1999 9")
    farm.broker.kill(archive[:1])
    steering.edit(Selection.of(archive[1:]), {"retries": 2})
    farm.submit("default", "train tides", tags=["gpu"])
    farm.submit("default", "report week", dependencies=archive[1:])
    farm.until(lambda: all(farm.broker.output(task) for task in dunes[:14]))
    time.sleep(8)
