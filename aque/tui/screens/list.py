"""What all screens with a list have: a head, a banner, a table, a footer, and what feeds them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Footer

from ...core.text import clean
from ..commands import Command, bindings
from ..feed import Felt, Lost, Picture, Seen
from ..mailbox import Wish
from ..session import Session
from ..source import Source
from ..states import counted
from ..vitals import Vitals
from ..widgets.banner import Banner
from ..widgets.column import Row
from ..widgets.summary import Summary, load
from ..widgets.tabs import Tabs
from ..widgets.vtable import VTable
from .base import CommandScreen

_FIRST_ROWS: Final = 100


class ListScreen(CommandScreen):
    """A list of anything; it lives through any loss of the broker. A screen of its own gives the three methods below.

    `drawn` is set as soon as there is something to see, be it trouble.
    """

    commands: ClassVar[tuple[Command, ...]] = (
        Command("app.next_place", "tab", "Next", "The next screen", "View"),
        Command("freeze", "Z", "Freeze", "Hold the picture still, and let it go on", "View"),
    )
    BINDINGS = bindings(commands)

    @property
    def remark(self) -> str:
        """What stands where there are no lines."""
        return "there is nothing here"

    def source(self) -> Source[Any]:
        """Where the lines are read, as the session is now."""
        raise NotImplementedError

    def make_table(self) -> VTable:
        """The table, with its columns."""
        raise NotImplementedError

    def row(self, key: int, thing: Any) -> Row:
        """What the line of a key shows of what its source gave, at the time `self.time`."""
        raise NotImplementedError

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.drawn = asyncio.Event()
        self.time = session.now()
        self._picture: Picture[Any] | None = None
        self._wish = Wish(self.source(), self.post_message, _FIRST_ROWS)

    def compose(self) -> ComposeResult:
        """Summary, banner, table, footer."""
        from ..places import PLACES  # they are made of screens

        yield Summary((place.key, place.name, place.title) for place in PLACES)
        yield Banner()
        yield self.make_table()
        yield from self.bars()
        yield Footer(show_command_palette=False)

    def bars(self) -> Sequence[Widget]:
        """What stands under the table."""
        return ()

    @property
    def table(self) -> VTable:
        """The table."""
        return self.query_one(VTable)

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
        self.table.remark = self.remark
        self.table.reorder(message.picture.keys)
        self.show()

    def on_felt(self, message: Felt) -> None:
        """Show new sums."""
        self.session.vitals = message.vitals
        self.show()
        self.drawn.set()

    def on_lost(self, message: Lost) -> None:
        """Keep what is there, dimmed, and count to the next try."""
        self.session.health.lose(message)
        self.show()
        self.drawn.set()

    def on_vtable_want(self, message: VTable.Want) -> None:
        """Have rows read."""
        self.ask(count=message.count, anchor=message.key, near=message.near)

    def action_freeze(self) -> None:
        """Hold the picture still, or let it go on."""
        self.ask(frozen=not self._wish.frozen)
        self.show()

    def renew(self) -> None:
        """Ask anew, for the session has changed."""
        self.ask(source=self.source(), anchor=None, near=0, frozen=False)

    def ask(self, **changes: Any) -> None:
        """Change the wish, and have it served if this is the screen that is there."""
        self._wish = replace(self._wish, **changes)
        if self.app.screen_stack[0] is self:
            self.session.feeder.wish(self._wish)

    def hurry(self) -> None:
        """Look again now, at all: something was done."""
        self._wish.source.expire()
        self.ask()

    @property
    def is_answered(self) -> bool:
        """Whether what is shown is what was asked for last."""
        return self._picture is None or self._picture.source is self._wish.source

    def thing(self, key: int | None) -> Any:
        """What was read last for the line of a key; None where it is not known."""
        return self._picture.rows.get(key) if self._picture and key is not None else None

    def remarks(self) -> dict[str, bool]:
        """Words that stand beside the broker's name, and whether they are true."""
        return {"frozen": self._wish.frozen, "read-only": self.session.read_only}

    def show(self) -> None:
        """Paint what is known, as old as it is now."""
        now, trouble = self.session.now(), self.session.health.trouble()
        if not (trouble or self._wish.frozen):
            self.time = now
        for each in (self, self.table):
            each.set_class(bool(trouble), "-stale")
        self.query_one(Banner).tell(trouble)
        self.query_one(Summary).show_time(now)
        self._show_head(self.session.vitals)
        if self._picture:
            rows = self._picture.rows.items()
            self.table.feed({key: None if thing is None else self.row(key, thing) for key, thing in rows})

    def _show_head(self, vitals: Vitals) -> None:
        summary = self.query_one(Summary)
        remark = " ".join(word for word, is_so in self.remarks().items() if is_so)
        summary.show_place(clean(self.session.place), remark)
        summary.show_counts(counted(vitals.counts))
        summary.show_load(load(vitals.farm))
