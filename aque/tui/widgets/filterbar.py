"""The line where a filter is written, and what is said of it meanwhile."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from ...core.filter import FilterError, parse
from ...core.text import clean
from ..commands import Command, bindings
from ..completion import Offer, Vocabulary, offer

_REST: Final = 0.2  # seconds without a key until a filter takes hold
_SHOWN: Final = 30  # completions
_HOW: Final = "Enter keeps it, Esc leaves all as it was"
_LONG: Final = 24  # cells of what is wrong


class FilterBar(Vertical):
    """Reads a filter for a purpose, such as `filter` or `find`; one that is wrong is told here, and changes nothing."""

    commands: ClassVar[tuple[Command, ...]] = (
        Command("complete", "tab", "Complete", "Complete a field or a value", "Find", footer=True),
        Command("leave", "escape", "Back", "As it was before", "Find", footer=True),
    )
    BINDINGS = bindings(commands)

    class Typed(Message):
        """A filter that can be read, or nothing, has been written for a moment."""

        def __init__(self, purpose: str, text: str) -> None:
            super().__init__()
            self.purpose = purpose
            self.text = text

    class Entered(Typed):
        """A filter was confirmed."""

    class Left(Typed):
        """The bar was left; the text is the one that it was opened with."""

    def __init__(self) -> None:
        super().__init__()
        self.vocabulary: Vocabulary = {}
        self._purpose = self._before = ""
        self._offer = Offer(0)
        self._turn = 0
        self._completed = ""
        self._timer: Timer | None = None
        self._back: Widget | None = None  # what had the focus

    def compose(self) -> ComposeResult:
        """A prompt, the text, and a line below."""
        with Horizontal():
            yield Static(id="prompt", markup=False)
            yield Input(id="filter", compact=True, select_on_focus=False)
        yield Static(id="hint", markup=False)

    def on_mount(self) -> None:
        """Nothing blinks."""
        self.query_one(Input).cursor_blink = False
        self.display = False

    def open(self, purpose: str, text: str) -> None:
        """Begin to read."""
        self._purpose, self._before = purpose, text
        self._back = self.screen.focused
        self.display = True
        self.screen.refresh_bindings()
        self.query_one("#prompt", Static).update(Content.styled(f"{purpose} ", "bold $accent"))
        field = self.query_one(Input)
        field.value = text
        field.cursor_position = len(text)
        self.screen.set_focus(field)
        self._say(text)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what is wrong, or what may follow; a filter that can be read takes hold when no key follows."""
        event.stop()
        if self._timer:
            self._timer.stop()
        if self._say(event.value) and self.display:
            self._timer = self.set_timer(_REST, lambda: self.post_message(self.Typed(self._purpose, event.value)))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close, if it can be read."""
        event.stop()
        if self._say(event.value):
            self._close()
            self.post_message(self.Entered(self._purpose, event.value))

    def action_leave(self) -> None:
        """Close, and all is as it was."""
        self._close()
        self.post_message(self.Left(self._purpose, self._before))

    def action_complete(self) -> None:
        """Write what may follow; again: the next that may."""
        field = self.query_one(Input)
        if field.value != self._completed:
            self._offer, self._turn = offer(field.value, self.vocabulary), 0
        if self._offer.texts:
            text = self._offer.texts[self._turn % len(self._offer.texts)]
            self._turn += 1
            self._completed = field.value = field.value[: self._offer.start] + text
            field.cursor_position = len(field.value)

    def _close(self) -> None:
        if self._timer:
            self._timer.stop()
        self.screen.set_focus(self._back)  # at once: the next key is not for the bar
        self.display = False
        self.screen.refresh_bindings()

    def _say(self, text: str) -> bool:
        """Whether a text can be read; what is to be said of it is said."""
        found = offer(text, self.vocabulary)
        told = Content("  ".join(clean(each) for each in found.texts[:_SHOWN]) or _HOW).stylize("$text-muted")
        try:
            if text.strip():
                parse(text)
            return True
        except FilterError as error:
            if not found.texts or error.start < found.start:  # else it may only be unfinished
                told = _fault(error)
            return False
        finally:
            self.query_one("#hint", Static).update(told)


def _fault(error: FilterError) -> Content:
    """What is wrong, and why: the text itself stands above."""
    wrong = clean(error.text[error.start : error.end][:_LONG]) or "▏"
    return Content.assemble((wrong, "reverse"), "  ", (clean(error.reason), "bold $error-lighten-1"))
