"""What people did to tasks, entered into the audit trail by the transactions that did it.

An entry has ids as ranges, by field and value (a JSON text): `{"state": {"\"pending\"": "1-500,502"}}` before,
`{"state": {"\"paused\"": "1-500,502"}}` after. It is bounded: what is beyond is counted under `left_out`. Beside it lie
all tasks that were changed, packed, those of the same values together: by them an act can be taken back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from .db.source import Connection
from .queries import events
from .queries.events import Part
from .queries.submission import Span, spans

_MOST: Final = 2000  # ranges of ids to an entry


class Step(NamedTuple):
    """A task, and its values by field: before, as far as they are told, and since."""

    task: int
    before: Mapping[str, Any]
    after: Mapping[str, Any]


class Fact(NamedTuple):
    """A field, its value, and a task that has it."""

    field: str
    value: Any
    task: int


class Ranges:
    """Ids as ranges, by field and value; a bounded number of them."""

    def __init__(self) -> None:
        self._spans: dict[tuple[str, str], list[Span]] = {}
        self._count = self.left_out = 0

    def add(self, facts: Iterable[Fact]) -> None:
        """Add tasks; those that make no new range cost nothing."""
        ids: dict[tuple[str, str], list[int]] = {}
        for field, value, task in facts:
            ids.setdefault((field, json.dumps(value)), []).append(task)
        for place, found in ids.items():
            for span in spans(sorted(found)):
                self._extend(place, span)

    def _extend(self, place: tuple[str, str], span: Span) -> None:
        last = self._spans.get(place, [(-2, -2)])[-1]
        if span[0] == last[1] + 1:
            self._spans[place][-1] = (last[0], span[1])
        elif self._count < _MOST:
            self._spans.setdefault(place, []).append(span)
            self._count += 1
        else:
            self.left_out += span[1] - span[0] + 1

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        found: dict[str, Any] = {}
        for (field, value), each in self._spans.items():
            found.setdefault(field, {})[value] = ",".join(
                f"{low}-{high}" if high > low else str(low) for low, high in each
            )
        return {**found, "left_out": self.left_out} if self.left_out else found


class Record:
    """One act. Nothing is entered until something is done; each part of a long one brings the entry up to date."""

    def __init__(self, action: str, selection: Mapping[str, Any]) -> None:
        self._action = action
        self._selection = json.dumps(selection)
        self._before, self._after = Ranges(), Ranges()
        self._tasks = 0
        self.event: int | None = None
        """The number of the entry, once there is one."""

    def enter(self, conn: Connection, steps: Sequence[Step]) -> None:
        """Enter what is done in this transaction."""
        told = [each for each in steps if each.before]
        if not told:
            return
        self._tasks += len(told)
        self._before.add(Fact(field, value, each.task) for each in told for field, value in each.before.items())
        self._after.add(Fact(field, value, each.task) for each in steps for field, value in each.after.items())
        event = self.enter_change(conn, self._before.plain(), self._after.plain())
        events.add_parts(conn, event, _together(told))

    def enter_change(self, conn: Connection, before: Any, after: Any) -> int:
        """Enter what was and what is, in the place of what was entered before; returns the number of the entry."""
        values = {"before": json.dumps(before), "after": json.dumps(after), "tasks": self._tasks}
        if self.event is None:
            self.event = events.begin(conn, {"action": self._action, "selection": self._selection, **values})
        else:
            events.go_on(conn, self.event, values)
        return self.event


def _together(steps: Iterable[Step]) -> list[Part]:
    """Tasks by their values before and since."""
    found: dict[tuple[str, str], list[int]] = {}
    for task, before, after in steps:
        found.setdefault((json.dumps(before), json.dumps(after)), []).append(task)
    return [Part(before, after, ids) for (before, after), ids in found.items()]


def named(ids: Iterable[int]) -> str:
    """Ids as an entry's selection names them; a bounded number of ranges."""
    ranges = Ranges()
    ranges.add(Fact("ids", None, each) for each in ids)
    text = ranges.plain().get("ids", {}).get("null", "")
    return f"{text} and {ranges.left_out} more" if ranges.left_out else text
