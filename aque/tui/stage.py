"""What acts ask of the screen that they are done on. They are told no more of it than this, and know no screen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from textual.app import App

from ..core.rows import TaskRow
from .marks import Marks
from .scope import Scope
from .session import Session
from .whom import Whom
from .widgets.filterbar import FilterBar
from .widgets.vtable import VTable


class Teller(Protocol):
    """Any screen: it hears what a thread has done, and tells the user something that passes."""

    @property
    def app(self) -> App[Any]:
        """Where other screens are opened."""

    def notify(self, message: str, *, severity: Any = "information", markup: bool = True) -> None:
        """Tell it."""

    def call_later(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
        """Have it called on the screen's thread."""


class Stage(Teller, Protocol):
    """A screen of a session."""

    @property
    def session(self) -> Session:
        """What all screens share."""

    @property
    def is_current(self) -> bool:
        """Whether it is the one on top."""


class Changing(Stage, Protocol):
    """A screen that shows what acts change."""

    def hurry(self) -> None:
        """Look again now: something was done."""


class Leaving(Stage, Protocol):
    """A screen that can be left for another one."""

    def leave(self) -> None:
        """What leaving means where no way leads back."""


class Steerable(Changing, Protocol):
    """A screen with something that verbs are for."""

    @property
    def here(self) -> TaskRow | None:
        """The one task that it is about now, as it was read last."""

    def whom(self) -> Whom | None:
        """Whom a verb is for; None where it is for nobody, which was told then."""


class Pointing(Stage, Protocol):
    """A screen that is about one task at a time."""

    @property
    def task_id(self) -> int | None:
        """Which one."""

    @property
    def here(self) -> TaskRow | None:
        """It, as it was read last."""


class Scoped(Pointing, Protocol):
    """A list of the session's scope."""

    @property
    def table(self) -> VTable:
        """Its lines."""

    @property
    def filter_bar(self) -> FilterBar:
        """Where a filter is written."""

    def rescope(self, scope: Scope) -> None:
        """Show what another filter gives, or the same in another order."""

    def go_to(self, task: int) -> None:
        """Move the cursor to a task, or open it where it is not in the list."""

    def show(self) -> None:
        """Paint what is known."""


class Listed(Scoped, Steerable, Protocol):
    """A list of tasks, which can be marked."""

    @property
    def time(self) -> datetime:
        """The time at which it is as it is shown."""

    def mark(self, marks: Marks) -> None:
        """Mark these, and no others."""
