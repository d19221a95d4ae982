"""A worker's side of a runner, for tests."""

from __future__ import annotations

import json
import os
import select
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from aque.core import child
from aque.core.child import codec
from aque.core.runner.client import Runner
from tests.waiting import wait_for

BOOT = str(Path(child.__file__).with_name("boot.py"))


class Desk:
    """A runner with what it said so far."""

    def __init__(self, runner: Runner | None = None) -> None:
        self.runner = runner or Runner.start()
        self.said: list[tuple[Mapping[str, Any], bytes]] = []
        self.runner.send({"type": "environ", "key": 1}, json.dumps(dict(os.environ)).encode())
        self.runner.send({"type": "capacity", "cpus": 2.0, "memory": None})

    @property
    def pid(self) -> int:
        """The process that starts tasks; its parent, where there is one for it, is the guardian."""
        below = psutil.Process(self.runner.pid).children() if sys.platform == "linux" else []
        return below[0].pid if below else self.runner.pid

    def run(self, lease: int, *argv: str, body: bytes = b"", **fields: Any) -> None:
        plain = dict.fromkeys(("cwd", "stdin", "stdout", "stderr", "timeout", "user", "group", "input_size"))
        header = {"type": "run", "lease": lease, "argv": argv, "environ": 1, "set": {}, "cpus": 1.0, "memory": 0}
        self.runner.send({**plain, "grace": 5.0, **header, "stdin_size": len(body) if body else None, **fields}, body)

    def heard(self, kind: str, lease: int) -> list[tuple[Mapping[str, Any], bytes]]:
        self.runner.flush()
        if select.select([self.runner.fileno()], [], [], 0.01)[0]:
            self.said += self.runner.receive()
        return [(h, b) for h, b in self.said if h["type"] == kind and h["lease"] == lease]

    def wait(self, kind: str, lease: int) -> Mapping[str, Any]:
        wait_for(lambda: self.heard(kind, lease), 20, f"no {kind} of {lease}")
        return self.heard(kind, lease)[0][0]

    def output(self, lease: int, stream: int = 1) -> bytes:
        return b"".join(body for header, body in self.heard("output", lease) if header["stream"] == stream)

    def call(self, lease: int, func: str, *args: Any, python: str = sys.executable, **fields: Any) -> None:
        """Run a function, from a warm interpreter unless told otherwise."""
        task = {"id": lease, "name": "n", "func": func, "args": json.dumps([codec.to_tree(arg) for arg in args])}
        common = {"run": "generic", "dependencies": {}}
        if fields.get("shared"):
            self._share(lease, common, {"task": task}, argv=[python, BOOT], **fields)
            return
        body = json.dumps({"task": task, **common}).encode()
        more = {"warm": True, "input_size": len(body), **fields}
        self.run(lease, python, BOOT, body=body, **{"stdin_size": None, **more})

    def _share(self, lease: int, common: Any, own: Any, **fields: Any) -> None:
        kind = {"environ": 1, "warm": True, "cpus": 1.0, "memory": 0, "grace": 5.0, **fields, "set": {}}
        self.runner.queue({"type": "kind", "slot": 0, **kind}, json.dumps(common).encode())
        body = json.dumps({"set": fields.get("set", {}), **own}).encode()
        self.runner.send({"type": "run_many", "slot": 0, "tasks": [(lease, len(body))]}, body)

    def told(self, lease: int) -> Mapping[str, Any]:
        """What a function that has ended told last."""
        self.wait("finished", lease)
        last = self.heard("finished", lease)[0][1] or self.heard("message", lease)[-1][1]
        return json.loads(last)  # type: ignore[no-any-return]

    def result(self, lease: int) -> Any:
        """What a function returned."""
        told = self.told(lease)
        assert told["type"] == "result", told
        return codec.from_tree(told["value"])
