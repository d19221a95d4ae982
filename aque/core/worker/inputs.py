"""What runs are given of the tasks that they depend on: what became of these, and the stdout that arguments name.

It comes from the broker as the text that the processes of the runs are told, and is read here only where stdout is to
be put into it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from ..errors import UsageError
from ..queries import inputs as asked
from ..queries.inputs import Inputs, Stdout
from ..queries.work import Captured
from .session import Session

MOST_STDOUT: Final = 64 << 20
"""Bytes of stdout that a task may have in its arguments: what is read within a turn of its worker."""
_REFERENCE: Final = re.compile(r'"\$(result|stdout)"\s*:\s*(\d{1,18})\b')


class Given(NamedTuple):
    """What one run is given."""

    inputs: Inputs = Inputs()
    stdouts: Sequence[Stdout] = ()

    def told(self, task: Captured) -> str:
        """What the process of a task is told, an object in JSON. Raises UsageError where the task asks for what it may
        not have, or for too much.
        """
        if self.inputs.barred and (barred := _named(task).intersection(self.inputs.barred)):
            raise UsageError(
                f"task {min(barred)} belongs to somebody else: its result and output are not given to this one"
            )
        texts = {each.id: _text(each) for each in self.stdouts}
        return _with_stdout(self.inputs.told, texts) if texts else self.inputs.told


def gather(session: Session, tasks: Iterable[Captured]) -> dict[int, Given]:
    """What tasks are given, by their ids; of those that depend on none nothing. Raises BrokerError."""
    needy = {each.id: each for each in tasks if each.has_inputs and each.pattern != "shell"}
    if not needy:
        return {}
    found = session.read(asked.inputs, list(needy))
    pairs = [(task.id, id) for task in needy.values() for id in _named(task, ["stdout"])]
    stdouts: dict[int, list[Stdout]] = {}
    for each in session.read(asked.stdouts, pairs, MOST_STDOUT) if pairs else ():
        stdouts.setdefault(each.task_id, []).append(each)
    return {task: Given(inputs, stdouts.get(task, ())) for task, inputs in found.items()}


def _named(task: Captured, kinds: Collection[str] = ("result", "stdout")) -> set[int]:
    """The tasks that stand in the arguments of one."""
    texts = (text for text in (task.args, task.kwargs) if text)
    return {int(id) for text in texts for kind, id in _REFERENCE.findall(text) if kind in kinds}


def _text(found: Stdout) -> str:
    """What a command wrote is a text where it is told of."""
    if found.stdout is None:
        raise UsageError(
            f"the stdout that it asks for has {found.size} bytes, more than {MOST_STDOUT}: pass it in a file"
        )
    if found.is_cut:
        raise UsageError(f"the stdout of task {found.id} is not whole, it was too long: pass it in a file")
    return bytes(found.stdout).decode("utf-8", "replace")


def _with_stdout(told: str, texts: Mapping[int, str]) -> str:
    columns = json.loads(told)
    return json.dumps({**columns, "stdout": [texts.get(id) for id in columns["id"]]})
