"""What all screens that have a place of their own show: a head, a banner, a body, a footer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.widget import Widget

from ...core.text import clean
from ..acts.back import UNDO
from ..acts.way import BACK
from ..commands import Command, bindings
from ..feed import Picture
from ..places import PLACES
from ..session import Session
from ..widgets.banner import Banner
from ..widgets.keybar import Keybar
from ..widgets.summary import Summary
from ..widgets.tabs import Tabs
from .fed import FedScreen


class PlaceScreen(FedScreen):
    """Shows pictures of a source. A screen of its own gives `source`, `body`, and what that shows, in `paint`."""

    commands: ClassVar[tuple[Command, ...]] = (
        UNDO,
        BACK,
        Command("app.next_place", "tab", "Next", "The next screen", "View"),
        Command("freeze", "Z", "Freeze", "Hold the picture still, and let it go on", "View"),
    )
    BINDINGS = bindings(commands)

    def body(self) -> Widget:
        """What shows it."""
        raise NotImplementedError

    def paint(self, picture: Picture[Any]) -> None:
        """Show a picture, as old as it is at the time `self.time`."""
        raise NotImplementedError

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.time = session.now()

    def compose(self) -> ComposeResult:
        """Summary, banner, body, footer."""
        yield Summary((place.key, place.name, place.title) for place in PLACES)
        yield Banner()
        yield self.body()
        yield from self.bars()
        yield Keybar()

    def bars(self) -> Sequence[Widget]:
        """What stands under the body."""
        return ()

    def on_mount(self) -> None:
        """Show the time, and how long ago things were."""
        self.query_one(Tabs).mark(self.app.current_mode)
        self.set_interval(1.0, self.show)

    def leave(self) -> None:
        """What Esc does where no way leads back."""

    def action_freeze(self) -> None:
        """Hold the picture still, or let it go on."""
        self.ask(anew=True, frozen=not self.wish.frozen)
        self.show()

    def remarks(self) -> dict[str, bool]:
        """Words that stand beside the broker's name, and whether they are true."""
        return {"frozen": self.wish.frozen, "read-only": self.session.read_only}

    def show(self) -> None:
        """Paint what is known, as old as it is now."""
        self.show_head()
        if self.picture:
            self.paint(self.picture)

    def show_head(self) -> None:
        """Paint all that stands around the picture."""
        now, trouble = self.session.now(), self.session.health.trouble()
        if not (trouble or self.wish.frozen):
            self.time = now
        self.set_class(bool(trouble), "-stale")
        self.query_one(Banner).warn(trouble)
        summary = self.query_one(Summary)
        remark = " ".join(word for word, is_so in self.remarks().items() if is_so)
        summary.show_time(now)
        summary.show_place(clean(self.session.place), remark)
        summary.show_vitals(self.session.vitals)
