"""Work that would hold up the screen: done on a thread, which nobody waits for at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from ..core.errors import AqueError
from ..core.text import clean
from .stage import Teller

Value = TypeVar("Value")


def errand(
    screen: Teller,
    work: Callable[[], Value],
    done: Callable[[Value], object],
    failed: Callable[[AqueError], object] | None = None,
) -> None:
    """Call `done(work())`, the work on a thread and the rest on the screen's; or `failed`, or tell what went wrong.

    What is no AqueError is a mistake in the program, and ends that.
    """

    def run() -> None:
        try:
            value = work()
        except AqueError as error:
            screen.call_later(failed or (lambda told: tell(screen, str(told), "error")), error)
        except Exception as error:  # else nobody would hear of it
            screen.app.call_later(fail, error)
        else:
            screen.call_later(done, value)

    threading.Thread(target=run, name="aque-errand", daemon=True).start()


def fail(error: Exception) -> None:
    """Raise it, where it ends the program."""
    raise error


def tell(screen: Teller, text: str, severity: str = "information") -> None:
    """Tell the user something that passes, as plain text."""
    screen.notify(clean(text), severity=severity, markup=False)
