"""What all screens with a list have: a table, and what feeds it."""

from __future__ import annotations

from typing import Any

from ..commands import bindings
from ..feed import Picture
from ..made import Made
from ..widgets.column import Row
from ..widgets.vtable import VTable
from .place import PlaceScreen


class ListScreen(PlaceScreen):
    """A list of anything. A screen of its own gives `source`, and the two methods below."""

    commands = PlaceScreen.commands
    BINDINGS = bindings(commands)

    @property
    def remark(self) -> str:
        """What stands where there are no lines."""
        return "there is nothing here"

    def make_table(self) -> VTable:
        """The table, with its columns."""
        raise NotImplementedError

    def row(self, key: int, thing: Any) -> Row:
        """What the line of a key shows of what its source gave, at the time `self.time`."""
        raise NotImplementedError

    def body(self) -> VTable:
        """The table."""
        return self.make_table()

    @property
    def table(self) -> VTable:
        """The table."""
        return self.query_one(VTable)

    def arrive(self, picture: Picture[Any]) -> None:
        """The order may be another."""
        self.table.remark = self.remark
        self.table.reorder(picture.keys)

    def on_vtable_want(self, message: VTable.Want) -> None:
        """Have rows read."""
        self.ask(count=message.count, anchor=message.key, near=message.near)

    def renew(self) -> None:
        """Ask anew, for the session has changed."""
        self.ask(source=self.source(), anchor=None, near=0, frozen=False)

    @property
    def is_answered(self) -> bool:
        """Whether what is shown is what was asked for last."""
        return self.picture is None or self.picture.source is self.wish.source

    def thing(self, key: int | None) -> Any:
        """What was read last for the line of a key; None where it is not known."""
        return self.picture.rows.get(key) if self.picture and key is not None else None

    def show(self) -> None:
        """Also dim the table where it is not what there is."""
        self.table.set_class(bool(self.session.health.trouble()), "-stale")
        super().show()

    def paint(self, picture: Picture[Any]) -> None:
        """Feed the table."""
        self.table.feed(Made(picture.rows, self.row))
