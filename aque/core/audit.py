"""What people did to tasks, entered into the audit trail by the transactions that did it.

An entry has ids as ranges, by field and value (a JSON text): `{"state": {"\"pending\"": "1-500,502"}}` before,
`{"state": {"\"paused\"": "1-500,502"}}` after. It is bounded: what is beyond is counted under `left_out`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from .db.source import Connection
from .queries import events
from .queries.submission import Span, spans

_MOST: Final = 2000  # ranges of ids to an entry


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
        self._event: int | None = None

    def enter(self, conn: Connection, before: Iterable[Fact], after: Iterable[Fact]) -> None:
        """Enter what is done in this transaction."""
        found = list(before)
        if not found:
            return
        self._before.add(found)
        self._after.add(after)
        self.enter_change(conn, self._before.plain(), self._after.plain())

    def enter_change(self, conn: Connection, before: Any, after: Any) -> None:
        """Enter what was and what is, in the place of what was entered before."""
        texts = {"before": json.dumps(before), "after": json.dumps(after)}
        if self._event is None:
            self._event = events.begin(conn, {"action": self._action, "selection": self._selection, **texts})
        else:
            events.go_on(conn, self._event, texts)


def named(ids: Iterable[int]) -> str:
    """Ids as an entry's selection names them; a bounded number of ranges."""
    ranges = Ranges()
    ranges.add(Fact("ids", None, each) for each in ids)
    text = ranges.plain().get("ids", {}).get("null", "")
    return f"{text} and {ranges.left_out} more" if ranges.left_out else text


def read_ranges(text: str) -> Iterator[int]:
    """The ids of `1-500,502`."""
    for part in text.split(","):
        low, _, high = part.partition("-")
        yield from range(int(low), int(high or low) + 1)
