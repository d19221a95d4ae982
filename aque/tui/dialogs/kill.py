"""The question before tasks are stopped or signalled: whom it hits, and what follows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from ...core.broker import ends
from ...core.errors import AqueError
from ..blows import (
    AT_ONCE,
    GRACES,
    REACHES,
    SIGNALS,
    TERMINATE,
    Blow,
    Reach,
    Victims,
    consequences,
    describe,
    names,
)
from ..commands import Command, bindings
from ..errands import errand, tell
from ..told import tasks

Choice = tuple[Victims, Blow]


class KillDialog(ModalScreen[Choice | None]):
    """Shows whom it hits; without a choice nothing is done. `survey` looks whom it would hit with others."""

    commands = (
        Command("turn('signal')", "s", "Signal", "Another signal", "Act"),
        Command("turn('grace')", "g", "Grace", "Another time until SIGKILL", "Act"),
        Command("turn('reach')", "r", "Others", "With what they need, or what needs them", "Act"),
        Command("app.focus_next", "right,down,l,j", "Next", "The next button", "Move"),
        Command("app.focus_previous", "left,up,h,k", "Previous", "The previous button", "Move"),
        Command("cancel", "escape", "Cancel", "Do nothing", "Act"),
    )
    BINDINGS = bindings(commands)

    def __init__(self, victims: Victims, survey: Callable[[Reach], Victims]) -> None:
        super().__init__()
        self.victims = victims
        self._survey = survey
        self._choices: dict[str, Sequence[Any]] = {"signal": SIGNALS, "grace": GRACES, "reach": REACHES}
        self._is_looking = False

    def compose(self) -> ComposeResult:
        """The tasks, what will become of them, the choices, and the buttons."""
        with VerticalScroll(id="dialog", can_focus=False):
            yield Static(id="title", markup=False)
            yield Static(id="victim", markup=False)
            yield Static(id="consequences", markup=False)
            yield Static(id="choices", markup=False)
            with Horizontal(id="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(TERMINATE.label, id="go", variant="error", compact=True)
                yield Button(AT_ONCE.label, id="at-once", variant="error", compact=True)

    def on_mount(self) -> None:
        """Cancel is the default."""
        self.query_one("#cancel", Button).focus()
        self._show(self.victims)

    @property
    def blow(self) -> Blow:
        """What was chosen."""
        number, grace = self._choices["signal"][0], self._choices["grace"][0]
        label = TERMINATE.label if ends(number, None) else "Signal"
        return Blow(label, number, grace)

    def action_turn(self, name: str) -> None:
        """The next choice of a thing."""
        if self._is_looking or (name == "grace" and not self.blow.ends):
            return
        first, *others = self._choices[name]
        self._choices[name] = [*others, first]
        if name == "reach":
            self._is_looking = True
            errand(self, lambda: self._survey(self._choices["reach"][0]), self._show, self._fail)
        else:
            self._show(self.victims)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Close with the choice; while it is looked whom it hits there is none."""
        if event.button.id == "cancel":
            self.dismiss(None)
        elif not self._is_looking:
            self.dismiss((self.victims, AT_ONCE if event.button.id == "at-once" else self.blow))

    def action_cancel(self) -> None:
        """Close without a choice."""
        self.dismiss(None)

    def _show(self, victims: Victims) -> None:
        self.victims, self._is_looking = victims, False
        one, blow = victims.one, self.blow
        count = tasks(len(victims.preview.hit(ends=blow.ends)))
        whom = f"task {one.id}" if one else count
        self.query_one("#title", Static).update(Content.styled(f"{blow.label} {whom}?", "bold"))
        self.query_one("#victim", Static).update(Content("\n".join(describe(one) if one else names(victims))))
        self.query_one("#consequences", Static).update(Content("\n".join(consequences(victims, blow))))
        self.query_one("#choices", Static).update(self._chosen())
        self.query_one("#go", Button).label = blow.label
        self.query_one("#at-once", Button).display = bool(victims.running) and blow.ends

    def _chosen(self) -> Content:
        blow = self.blow
        grace = "never" if math.isinf(blow.grace) else f"after {blow.grace:g} s"
        told = {
            "s": ("signal", blow.signal.name),
            "g": ("SIGKILL", grace if blow.ends else "no"),
            "r": ("hits", self._choices["reach"][0].shown),
        }
        shown = ((f"{key} ", "bold $accent", f"{name} {value}   ") for key, (name, value) in told.items())
        return Content.assemble(*(part for key, style, text in shown for part in ((key, style), text))).rstrip()

    def _fail(self, error: AqueError) -> None:
        self._is_looking = False
        self.dismiss(None)
        tell(self, str(error), "error")
