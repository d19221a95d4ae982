"""The audit trail: who did what to whom, and taking it back."""

from __future__ import annotations

from typing import ClassVar, Final

from ...core.undo import hindrance
from ..acts.back import undo
from ..commands import Command, bindings, deed
from ..errands import tell
from ..overlays.event import EventScreen
from ..trail import Entry, Trail
from ..widgets.column import Column, Row
from ..widgets.vtable import VTable
from .list import ListScreen

_COLUMNS: Final = (
    Column("id", "EVENT", 6, right=True),
    Column("at", "WHEN", 19, rank=3),
    Column("who", "WHO", 8, rank=2),
    Column("action", "ACTION", 8, toned=True),
    Column("tasks", "TASKS", 7, rank=1, right=True),
    Column("whom", "WHOM", 12, grow=3, rank=1),
    Column("change", "CHANGE", 14, grow=4),
)


class EventTable(VTable):
    """What was undone is paler."""

    COMPONENT_CLASSES = {"vtable--undone", "vtable--act"}
    DEFAULT_CSS = """
    EventTable > .vtable--act { color: $accent; }
    EventTable > .vtable--undone { color: $foreground-darken-3; }
    """


def _undo(screen: EventsScreen) -> None:
    entry = screen.entry
    if entry is None:
        return
    if reason := hindrance(entry.event):
        tell(screen, f"event {entry.event.id} ({entry.event.action}) cannot be undone: {reason}", "warning")
        return
    undo(screen, entry.event.id)


def _open(screen: EventsScreen) -> None:
    if screen.entry:
        screen.app.push_screen(EventScreen(screen.entry))


class EventsScreen(ListScreen):
    """All acts, the newest first."""

    commands: ClassVar[tuple[Command, ...]] = (
        deed("detail", _open, "enter,o", "Detail", "Show all of the act", "Look", True),
        deed("undo", _undo, "z", "Undo", "Take this act back, after a question", "Act", True, True),
        *(each for each in ListScreen.commands if each.name != "undo"),
    )
    BINDINGS = bindings(commands)

    @property
    def remark(self) -> str:
        """What stands where nothing was done."""
        return "nobody has done anything yet"

    @property
    def entry(self) -> Entry | None:
        """The act under the cursor."""
        thing: Entry | None = self.thing(self.table.cursor_key)
        return thing

    def source(self) -> Trail:
        """The audit trail."""
        return Trail(self.session.feeder.monitor)

    def make_table(self) -> EventTable:
        """A table of acts."""
        return EventTable(_COLUMNS)

    def row(self, key: int, thing: Entry) -> Row:
        """The line of an act."""
        event = thing.event
        mark = f"undone by {event.undone_by}" if event.undone_by is not None else ""
        cells = {
            "id": str(key),
            "at": event.at.astimezone().strftime("%Y-%m-%d %H:%M:%S"),
            "who": event.who,
            "action": event.action,
            "tasks": f"{event.tasks:,}" if event.tasks else "",
            "whom": thing.whom,
            "change": " · ".join(part for part in (mark, thing.change) if part),
        }
        return Row(cells, "undone" if mark else "act")

    def on_lines_chosen(self) -> None:
        """A double click is as good as Enter."""
        _open(self)
