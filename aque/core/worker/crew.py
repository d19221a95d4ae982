"""The runner that a worker has beside it, replaced by a new one should it die."""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from ..runner.client import Runner
from ..runner.frames import Frame
from ..runner.processes import kill_seen, look
from .launch import Kind, Launch
from .sweep import VARIABLE

_PAUSE: Final = 1.0  # seconds at least between two runners
_ENVIRONS: Final = 200  # environments that it keeps
_KINDS: Final = 100  # kinds of tasks that the runner has
_PROCESSES: Final = 1000  # shared processes that are known at a time


class Crew:
    """The processes of a worker's tasks, for the worker that has to start, signal and hear them."""

    def __init__(
        self, cpus: float, memory: int, mark: str = "", enforce_memory: bool = False, output_limit: int = 0
    ) -> None:
        self.mark = mark  # of all that its tasks start
        self._capacity = {
            "type": "capacity",
            "cpus": cpus,
            "memory": memory,
            "enforce_memory": enforce_memory,
            "output_limit": output_limit,
        }
        self._environs: dict[int, None] = {}  # those that were asked for longest ago first
        self._started: dict[int, tuple[int, int]] = {}
        self._shared: dict[int, int] = {}
        self._kinds: dict[Kind, int] = {}
        self._alike: list[Launch] = []
        self._hire()

    def _hire(self) -> None:
        self._hired_at = time.monotonic()
        self._environs.clear()
        self._shared.clear()
        self._kinds.clear()
        self._alike.clear()
        self._runner = Runner.start()
        self._runner.send(self._capacity)

    def fileno(self) -> int:
        """The descriptor to wait on."""
        return self._runner.fileno()

    @property
    def wants_write(self) -> bool:
        """Whether something waits to be sent."""
        return self._runner.wants_write

    def flush(self) -> None:
        """Send what can be sent."""
        self._launch_alike()
        self._runner.flush()

    def knows(self, environ: int) -> bool:
        """Whether it has an environment, which is needed now."""
        if environ not in self._environs:
            return False
        self._environs[environ] = self._environs.pop(environ)
        return True

    def teach(self, environ: int, variables: str) -> None:
        """Give it an environment, as a JSON text."""
        self._environs[environ] = None
        self._runner.send({"type": "environ", "key": environ}, variables.encode())

    def forget(self) -> None:
        """Have it forget environments where they are too many. What was launched has its own."""
        if too_many := list(islice(self._environs, max(0, len(self._environs) - _ENVIRONS))):
            for each in too_many:
                del self._environs[each]
            self._runner.queue({"type": "forget", "keys": too_many})

    def launch(self, order: Launch) -> None:
        """Start a task, as soon as it fits beside those that run; sent with the next `flush`."""
        if self._alike and self._alike[0].kind is not order.kind:
            self._launch_alike()
        if order.kind:
            self._alike.append(order)
        else:
            own = {**order.header["set"], VARIABLE: self.mark}
            self._runner.queue({**order.header, "set": own}, order.body)

    def _launch_alike(self) -> None:
        """Start tasks of one kind."""
        alike, self._alike = self._alike, []
        if alike and (kind := alike[0].kind):
            tasks = [(each.header["lease"], len(each.body)) for each in alike]
            header = {"type": "run_many", "slot": self._slot(kind), "tasks": tasks}
            self._runner.queue(header, b"".join(each.body for each in alike))

    def _slot(self, kind: Kind) -> int:
        """Where the runner has a kind, for which another may have made room."""
        if kind not in self._kinds:
            oldest = next(iter(self._kinds)) if len(self._kinds) >= _KINDS else None
            self._kinds[kind] = self._kinds.pop(oldest) if oldest else len(self._kinds)
            told = {**kind.header, "slot": self._kinds[kind], "set": {VARIABLE: self.mark}}
            self._runner.queue(told, kind.body)
        return self._kinds[kind]

    def kill(self, lease: int, signal: int, grace: float | None) -> None:
        """Signal a task, and kill it after `grace` seconds; None: never."""
        self._runner.send({"type": "kill", "lease": lease, "signal": signal, "grace": grace})

    def keep_alive(self, seconds: float) -> None:
        """Let the tasks run that long from now without another word; then they are all killed."""
        self._runner.send({"type": "alive", "seconds": seconds})

    def give_back(self) -> None:
        """Return all tasks that have not started."""
        self._runner.send({"type": "cancel_waiting"})

    def receive(self) -> list[Frame]:
        """What the runner says. Raises RunnerLost where it is gone: then `replace` it."""
        frames = self._runner.receive()
        for header, _ in frames:
            if header["type"] == "started":
                self._started[header["lease"]] = header["pid"], self._begin(header)
            elif header["type"] == "finished":
                self._started.pop(header["lease"], None)
        return frames

    def _begin(self, header: Mapping[str, Any]) -> int:
        """When a process began; one that runs many tasks is looked at once."""
        pid, is_shared = header["pid"], header.get("shared")
        if len(self._shared) > _PROCESSES:
            self._shared.clear()
        if not is_shared or pid not in self._shared:
            process = look(pid)
            self._shared[pid] = process.started if process else 0
        return self._shared[pid] if is_shared else self._shared.pop(pid)

    def replace(self) -> None:
        """Kill whatever runs, and start over with a new runner."""
        self.close()
        time.sleep(max(0.0, self._hired_at + _PAUSE - time.monotonic()))  # a host where none can live gets no storm
        self._hire()

    def close(self) -> None:
        """Kill all tasks and end."""
        self._runner.close()
        # A runner ends its tasks before it ends itself, unless it was killed.
        kill_seen(dict(self._started.values()))
        self._started.clear()
