"""What all screens that are fed have: a head, a banner, a body, a footer, and a wish."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.widget import Widget

from ...core.text import clean
from ..acts.back import UNDO
from ..acts.way import BACK
from ..commands import Command, bindings
from ..feed import Failed, Felt, Lost, Picture, Seen
from ..mailbox import Wish
from ..session import Session
from ..source import Source
from ..widgets.banner import Banner
from ..widgets.keybar import Keybar
from ..widgets.summary import Summary
from ..widgets.tabs import Tabs
from .base import CommandScreen


class FedScreen(CommandScreen):
    """Shows what a source gives; it lives through any loss of the broker. A screen of its own gives `source`, `body`,
    and what it does with a picture, in `paint`.

    `drawn` is set as soon as there is something to see, be it trouble.
    """

    commands: ClassVar[tuple[Command, ...]] = (
        UNDO,
        BACK,
        Command("app.next_place", "tab", "Next", "The next screen", "View"),
        Command("freeze", "Z", "Freeze", "Hold the picture still, and let it go on", "View"),
    )
    BINDINGS = bindings(commands)
    first_rows: ClassVar[int] = 100
    """How many are asked for before it is known how many can be seen."""

    def source(self) -> Source[Any]:
        """Where it is read, as the session is now."""
        raise NotImplementedError

    def body(self) -> Widget:
        """What shows it."""
        raise NotImplementedError

    def paint(self, picture: Picture[Any]) -> None:
        """Show a picture, as old as it is at the time `self.time`."""
        raise NotImplementedError

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.drawn = asyncio.Event()
        self.time = session.now()
        self._picture: Picture[Any] | None = None
        self._wish = Wish(self.source(), self.post_message, self.first_rows)

    def compose(self) -> ComposeResult:
        """Summary, banner, body, footer."""
        from ..places import PLACES  # they are made of screens

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

    def on_screen_resume(self) -> None:
        """From now on the feeder serves this screen."""
        self.resume()
        self.show()

    def resume(self) -> None:
        """Ask again."""
        self.ask()

    def on_seen(self, message: Seen) -> None:
        """Show a new picture."""
        if message.picture.source is not self._wish.source:
            return  # of a question that is no longer asked
        self.session.health.find()
        self._picture = message.picture
        self.arrive(message.picture)
        self.show()

    def leave(self) -> None:
        """What Esc does where no way leads back."""

    def arrive(self, picture: Picture[Any]) -> None:
        """A picture is new."""

    def on_felt(self, message: Felt) -> None:
        """Show new sums."""
        self.session.vitals = message.vitals
        self.show_head()
        self.drawn.set()

    def on_lost(self, message: Lost) -> None:
        """Keep what is there, dimmed, and count to the next try."""
        self.session.health.lose(message)
        self.show()
        self.drawn.set()

    def on_failed(self, message: Failed) -> None:
        """End as after any mistake of the program."""
        raise message.error

    def action_freeze(self) -> None:
        """Hold the picture still, or let it go on."""
        self.ask(anew=True, frozen=not self._wish.frozen)
        self.show()

    def ask(self, *, anew: bool = False, **changes: Any) -> None:
        """Change the wish, and have it served if this is the screen that is there; `anew`: however it was before."""
        self._wish = replace(self._wish, **changes)
        if self.app.screen_stack[0] is self:
            self.session.feeder.wish(self._wish, anew=anew)

    def hurry(self) -> None:
        """Look again now, at all: something was done."""
        self._wish.source.expire()
        self.ask(anew=True)

    def remarks(self) -> dict[str, bool]:
        """Words that stand beside the broker's name, and whether they are true."""
        return {"frozen": self._wish.frozen, "read-only": self.session.read_only}

    def show(self) -> None:
        """Paint what is known, as old as it is now."""
        self.show_head()
        if self._picture:
            self.paint(self._picture)

    def show_head(self) -> None:
        """Paint all that stands around the picture."""
        now, trouble = self.session.now(), self.session.health.trouble()
        if not (trouble or self._wish.frozen):
            self.time = now
        self.set_class(bool(trouble), "-stale")
        self.query_one(Banner).warn(trouble)
        summary = self.query_one(Summary)
        remark = " ".join(word for word, is_so in self.remarks().items() if is_so)
        summary.show_time(now)
        summary.show_place(clean(self.session.place), remark)
        summary.show_vitals(self.session.vitals)
