"""The runs of a worker: what is captured and has not been completed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..queries.work import Captured, Outcome, Piece
from ..states import State


@dataclass(slots=True)
class Run:
    """One captured task, from its claim to its end."""

    task: Captured
    stdout: bool = False
    pieces: int = 0
    told: dict[str, Any] = field(default_factory=dict)

    def piece(self, stream: int, data: bytes) -> Piece:
        """The next piece of output."""
        self.pieces += 1
        return Piece(self.task.id, self.task.lease, self.pieces - 1, stream, data)

    def outcome(self, end: Mapping[str, Any], epoch: datetime) -> Outcome:
        """How it ended, from the runner's word; `epoch` is the server's time at zero of the steady clock."""
        state, error = _judge(end, self.told, needs_result=self.told.get("wanted", False))
        started = end.get("started")
        value = self.told.get("value")
        return Outcome(
            id=self.task.id,
            lease=self.task.lease,
            state=state,
            started_at=None if started is None else epoch + timedelta(seconds=started),
            finished_at=epoch + timedelta(seconds=end["ended"]),
            exit_code=end.get("exit_code"),
            signal=end.get("signal"),
            user_time=end.get("user_time"),
            system_time=end.get("system_time"),
            max_rss=end.get("max_rss"),
            error=json.dumps(error) if error else None,
            result=json.dumps(value) if state is State.SUCCESS and "value" in self.told else None,
        )


def _judge(end: Mapping[str, Any], told: Mapping[str, Any], *, needs_result: bool) -> tuple[State, Any]:
    """The state in which a run ends, and its error."""
    if end.get("error"):
        return State.ERROR, {"type": f"aque:{end['error']['kind']}", "message": end["error"]["message"]}
    if end.get("timed_out"):
        return State.ERROR, {"type": "builtins:TimeoutError", "message": "it ran longer than its timeout"}
    if end.get("killed"):
        return State.KILLED, {"type": "aque.core.errors:TaskKilled", "message": "killed on request"}
    if "error" in told:
        return State.ERROR, told["error"]
    if end.get("signal"):
        return State.ERROR, {"type": "aque:signal", "message": f"ended by signal {end['signal']}"}
    if end.get("exit_code"):
        return State.ERROR, {"type": "aque:exit", "message": f"exit status {end['exit_code']}"}
    if needs_result and "value" not in told:
        return State.ERROR, {"type": "aque:no_result", "message": "its process ended without a result"}
    return State.SUCCESS, None
