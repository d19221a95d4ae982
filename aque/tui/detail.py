"""All that is known of one task, in sections."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from textual.content import Content

from ..core.details import Attempt, Detail, Link
from ..core.fields import FIELDS, Field
from ..core.fields.detail import DETAILS
from ..core.states import State
from ..core.text import clean
from ..core.units import show_duration, show_memory
from ..core.why import Why
from .states import STYLES

_NAME: Final = "$foreground-darken-3"
_TITLE: Final = "bold $accent"
_ELSEWHERE: Final = frozenset({"attempts", "variables", "environ", "dependencies", "dependents"})
_NONE: Final = frozenset({"memory", "blockers", "attempt", "retries", "duration", "parent", "over_memory"})
"""What says nothing as long as it is zero."""
_LINES: Final = 200  # of one text
FEW: Final = 100
"""Tasks that are drawn on each side of one."""

Part = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """A task, why it is as it is, at the time `now`; `revealed`: with the values of its environment."""

    detail: Detail
    why: Why | None
    now: datetime
    revealed: bool = False


def info(known: Known) -> Content:
    """What it is, what it asks for, and what came out: every field that has something to say."""
    row = known.detail.row
    told = {each.name: [each.show(row, known.now)] for each in FIELDS if each.is_listed and _says(each, known)}
    told |= {each.name: list(each.show(known.detail)) for each in DETAILS if each.name not in _ELSEWHERE}
    return _table((name, [line for line in lines if line]) for name, lines in told.items())


def _says(field: Field, known: Known) -> bool:
    """Whether a field tells something that no other does: args of a command and the share of a host stand there."""
    row = known.detail.row
    if field.name in _NONE:
        return bool(field.read(row, known.now))
    return field.name != "cpu_share" and (field.name != "args" or bool(row.func))


def why(known: Known) -> Content:
    """The reasons, what would change them, and a forecast."""
    found = known.why
    parts: list[Part] = []
    for each in found.reasons if found else ():
        parts += [
            (f"{each.name}\n", _TITLE),
            f"  {each.text}\n",
            *([f"  → {each.remedy}\n"] if each.remedy else []),
            "\n",
        ]
    if found and found.ahead:
        parts.append(f"{found.ahead:,} ready tasks stand before it.\n")
    if found and found.starts_in:
        parts.append(f"It starts in about {show_duration(found.starts_in)}.\n")
    return Content.assemble(*parts) if parts else _nothing("there is nothing that keeps it")


def attempts(known: Known) -> Content:
    """Its runs that ended, the last first, each with what it took and how it failed."""
    parts = [part for each in reversed(known.detail.attempts) for part in _attempt(each)]
    return Content.assemble(*parts) if parts else _nothing("no run has ended yet")


def environ(known: Known) -> Content:
    """The names of its variables, or their values as well."""
    asked = known.detail.asked
    if not asked.variables:
        return _nothing("it was given no environment of its own")
    values: dict[str, Any] = json.loads(asked.environ or "{}") if known.revealed else {}
    if values:
        return _table((name, [str(value)]) for name, value in sorted(values.items()))
    return Content("\n".join(map(clean, asked.variables)))


def _attempt(attempt: Attempt) -> Iterator[Part]:
    title = f"attempt {attempt.number}" if attempt.number else "ended without a run"
    yield f"{title}  ", _TITLE
    yield f"{attempt.state}\n", STYLES[State(attempt.state)]
    cpu = None if attempt.user_time is None else attempt.user_time + (attempt.system_time or 0)
    facts = {
        "worker": clean(attempt.worker or ""),
        "started": _time(attempt.started_at),
        "finished": _time(attempt.finished_at),
        "took": attempt.started_at and show_duration((attempt.finished_at - attempt.started_at).total_seconds()),
        "exit code": "" if attempt.exit_code is None else str(attempt.exit_code),
        "signal": attempt.signal and str(attempt.signal),
        "cpu": "" if cpu is None else show_duration(cpu),
        "memory": attempt.max_rss and show_memory(attempt.max_rss),
        "read": attempt.read_bytes and show_memory(attempt.read_bytes),
        "written": attempt.written_bytes and show_memory(attempt.written_bytes),
    }
    for name, value in facts.items():
        if value:
            yield f"  {name:<10}", _NAME
            yield f"{value}\n"
    yield from _failure(attempt.error)
    yield "\n"


def _failure(error: str | None) -> Iterator[Part]:
    """The message, and the traceback unfolded."""
    try:
        told = json.loads(error or "{}")
        message, trace = str(told.get("message") or ""), str(told.get("traceback") or "")
    except (ValueError, AttributeError):
        message, trace = error or "", ""
    for lines, style in ((message, "$text-error"), (trace, "")):
        for line in lines.splitlines()[-_LINES:]:
            yield f"  {clean(line.expandtabs(8))}\n", style


def links(detail: Detail) -> Iterator[tuple[int, Content]]:
    """A drawing of what it needs above it and what needs it below: a line each, with the task that it leads to."""
    row = detail.row
    needs, needed = len(detail.dependencies), len(detail.dependents)
    for index, each in enumerate(detail.dependencies[:FEW]):
        yield each.id, _link(each, "├" if index else "╭")
    counts = f"   needs {_few(needs)} · needed by {_few(needed)}" if needs or needed else "   stands alone"
    state = (row.state, STYLES[State(row.state)])
    name = (f"  {clean(row.name)}", "bold")
    yield row.id, Content.assemble(("● ", _TITLE), (f"{row.id}  ", "bold"), state, name, (counts, _NAME))
    shown = detail.dependents[:FEW]
    for index, each in enumerate(shown, 1):
        yield each.id, _link(each, "├" if index < len(shown) else "╰")


def _few(count: int) -> str:
    return f"{count:,}" + (f" (the first {FEW} are shown)" if count > FEW else "")


def _link(link: Link, corner: str) -> Content:
    noted = {
        f"on {link.condition}": link.condition != "success",
        f"otherwise {link.otherwise}": link.otherwise != "fail",
        "child": link.is_child,
        "waived": link.waived,
    }
    notes = ", ".join(note for note, holds in noted.items() if holds)
    parts: tuple[Part, ...] = (
        (f"{corner}─ ", _NAME),
        f"{link.id}  ",
        (f"{link.state:<9}", STYLES[State(link.state)]),
        f"  {clean(link.name)}",
        (f"  {notes}" if notes else "", _NAME),
    )
    return Content.assemble(*parts)


def _table(told: Iterable[tuple[str, Sequence[str]]]) -> Content:
    found = [(clean(name), lines) for name, lines in told if lines]
    width = max((len(name) for name, _ in found), default=0) + 2
    parts: list[Part] = []
    for name, lines in found:
        for index, line in enumerate(lines):
            parts += [(f"{'' if index else name:<{width}}", _NAME), f"{clean(line)}\n"]
    return Content.assemble(*parts).rstrip()


def _nothing(text: str) -> Content:
    return Content.styled(text, f"italic {_NAME}")


def _time(moment: datetime | None) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of what is known, under a key; `tell` makes its text, where it is one."""

    key: str
    name: str
    title: str
    help: str
    tell: Callable[[Known], Content] | None = None


SECTIONS: Final = (
    Section("i", "info", "Info", "All its fields", info),
    Section("w", "why", "Why", "Why it does not run, or how it ended", why),
    Section("u", "tail", "Output", "The end of what it wrote"),
    Section("a", "attempts", "Attempts", "Its runs that ended", attempts),
    Section("e", "environ", "Environment", "The names of its variables", environ),
    Section("D", "links", "Links", "What it needs, and what needs it"),
)
