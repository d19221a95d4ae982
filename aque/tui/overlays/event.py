"""One act, in full."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ...core.queries.events import EventRow
from ...core.text import clean
from ...core.undo import hindrance
from ..commands import Command, bindings
from ..trail import Entry


class EventScreen(ModalScreen[None]):
    """Who, when, what and whom, with all values before and since, and whether it can be taken back."""

    commands = (Command("dismiss", "escape,enter,q,backspace", "Back", "Back to the list", "View"),)
    BINDINGS = bindings(commands)

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self._event = entry.event

    def compose(self) -> ComposeResult:
        """Names and values, and what was before and is since."""
        event = self._event
        told = [
            part for name, value in facts(event) for part in ((f"{name:<10}", "$foreground-darken-3"), f"{value}\n")
        ]
        with VerticalScroll(id="dialog"):
            yield Static(Content.styled(clean(f"Event {event.id}: {event.action}"), "bold"))
            yield Static(Content.assemble(*told).rstrip(), id="told")


def facts(event: EventRow) -> Iterator[tuple[str, str]]:
    """What is known of an act, in words."""
    yield "when", event.at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    yield "who", clean(event.who)
    if event.tasks:
        yield "tasks", f"{event.tasks:,}"
    for name, value in json.loads(event.selection).items():
        yield clean(name), _plain(value)
    yield from _values("before", event.before)
    yield from _values("after", event.after)
    yield "undo", hindrance(event) or "it can be taken back: z in the list"


def _values(title: str, text: str | None) -> Iterator[tuple[str, str]]:
    """A line for each value, and whom it is of; the title beside the first."""
    told = json.loads(text or "null")
    for field, by_value in told.items() if isinstance(told, dict) else ():
        for value, whom in by_value.items() if isinstance(by_value, dict) else [("", by_value)]:
            yield title, " ".join(part for part in (clean(field), clean(str(value)), "·", _plain(whom)) if part)
            title = ""


def _plain(value: Any) -> str:
    return clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
