"""What tasks that share processes have in common: made once, and told to the runner once for many of them."""

from __future__ import annotations

import json
import operator
from collections.abc import Mapping
from typing import Any, Final

from ..queries.work import Captured
from .inputs import Given
from .launch import ENCODE, Kind, Launch, command, is_shared, launch, with_inputs

_NOT_IN_COMMON: Final = {"id", "lease", "attempt", "started_at", "name", "args", "kwargs", "extra", "has_inputs"}
_COMMON: Final = operator.itemgetter(
    *[place for place, name in enumerate(Captured._fields) if name not in _NOT_IN_COMMON]
)
_OWN: Final = ("id", "attempt", "name", "args", "kwargs", "extra")
_MOST: Final = 1000  # kinds to keep


class Kinds:
    """The kinds of the tasks that one worker is given. `isolation` is that of the functions that do not say."""

    def __init__(self, broker_url: str, isolation: str) -> None:
        self._broker_url = broker_url
        self._isolation = isolation
        self._known: dict[tuple[Any, ...], Kind] = {}

    def find(self, task: Captured) -> Kind | None:
        """The kind of a task that its worker is to start; None where it has a process of its own.

        Raises PatternMissingError, or UsageError where the pattern makes no command of the task.
        """
        if not is_shared(task, self._isolation) or command(task):
            return None
        key = _COMMON(task)
        if key not in self._known:
            if len(self._known) >= _MOST:
                del self._known[next(iter(self._known))]
            self._known[key] = self._made(task)
        return self._known[key]

    def _made(self, task: Captured) -> Kind:
        order = launch(task, Given(), self._broker_url, {})
        told = json.loads(order.body)
        common = {name: value for name, value in told["task"].items() if name not in _OWN}
        header = {name: value for name, value in order.header.items() if name not in ("lease", "set")}
        return Kind({**header, "type": "kind"}, ENCODE({**told, "task": common}).encode())


def one_of(kind: Kind, task: Captured, given: Given | None, variables: Mapping[str, str]) -> Launch:
    """What starts a task of a kind, which is told what is its own. Raises UsageError."""
    own = {
        "id": task.id,
        "attempt": task.attempt,
        "name": task.name,
        "args": task.args,
        "kwargs": task.kwargs,
        "extra": task.extra,
    }
    told: dict[str, Any] = {"set": {"AQUE_TASK_ID": str(task.id), **variables}, "task": own}
    body = with_inputs(told, given.told(task)) if given else ENCODE(told).encode()
    return Launch({"lease": task.lease}, body, kind)
