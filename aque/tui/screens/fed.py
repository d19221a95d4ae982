"""What all screens that are fed have: a wish, and what comes of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, ClassVar

from ..base import CommandScreen
from ..feed import Failed, Felt, Lost, Picture, Seen
from ..mailbox import Wish
from ..session import Session
from ..source import Source


class FedScreen(CommandScreen):
    """Takes what a source gives; it lives through any loss of the broker. What it makes of that is for a subclass.

    `drawn` is set as soon as there is something to see, be it trouble.
    """

    first_rows: ClassVar[int] = 100
    """How many are asked for before it is known how many can be seen."""

    def source(self) -> Source[Any]:
        """Where it is read, as the session is now."""
        raise NotImplementedError

    def arrive(self, picture: Picture[Any]) -> None:
        """A picture is new."""

    def show(self) -> None:
        """Paint what is known, as old as it is now."""
        raise NotImplementedError

    def show_head(self) -> None:
        """Paint all that stands around the picture."""
        raise NotImplementedError

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.drawn = asyncio.Event()
        self.picture: Picture[Any] | None = None
        self.wish = Wish(self.source(), self.post_message, self.first_rows)

    def on_screen_resume(self) -> None:
        """From now on the feeder serves this screen."""
        self.resume()
        self.show()

    def resume(self) -> None:
        """Ask again."""
        self.ask()

    def on_seen(self, message: Seen) -> None:
        """Show a new picture."""
        if message.picture.source is not self.wish.source:
            return  # of a question that is no longer asked
        self.session.health.find()
        self.picture = message.picture
        self.arrive(message.picture)
        self.show()

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

    def ask(self, *, anew: bool = False, **changes: Any) -> None:
        """Change the wish, and have it served if this is the screen that is there; `anew`: however it was before."""
        self.wish = replace(self.wish, **changes)
        if self.app.screen_stack[0] is self:
            self.session.feeder.wish(self.wish, anew=anew)

    def hurry(self) -> None:
        """Look again now, at all: something was done."""
        self.wish.source.expire()
        self.ask(anew=True)
