"""Small questions over a screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.button import ButtonVariant
from textual.widgets.option_list import Option

from ...core.errors import AqueError
from ...core.text import clean
from ..commands import Command, bindings

_CANCEL = Command("cancel", "escape", "Cancel", "Do nothing", "Act")


class Confirm(ModalScreen[bool]):
    """Tells what would be done; without a choice nothing is."""

    commands = (
        Command("app.focus_next", "right,down,l,j", "Next", "The next button", "Move"),
        Command("app.focus_previous", "left,up,h,k", "Previous", "The previous button", "Move"),
        _CANCEL,
    )
    BINDINGS = bindings(commands)

    def __init__(self, title: str, lines: Iterable[str], label: str, variant: ButtonVariant = "error") -> None:
        super().__init__()
        self._title, self._lines, self._label, self._variant = title, tuple(lines), label, variant

    def compose(self) -> ComposeResult:
        """The question, what follows, and the buttons."""
        with Vertical(id="dialog"):
            yield Static(Content.styled(self._title, "bold"), id="title")
            yield Static(Content("\n".join(self._lines)), id="consequences")
            with Horizontal(id="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(self._label, id="go", variant=self._variant, compact=True)

    def on_mount(self) -> None:
        """Cancel is the default."""
        self.query_one("#cancel", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Close with the choice."""
        self.dismiss(event.button.id == "go")

    def action_cancel(self) -> None:
        """Close without a choice."""
        self.dismiss(False)


class AskText(ModalScreen[str | None]):
    """Asks for a text; one that `check` raises AqueError for is told, and asked for again."""

    commands = (_CANCEL,)
    BINDINGS = bindings(commands)

    def __init__(self, title: str, value: str, hint: str, check: Callable[[str], object]) -> None:
        super().__init__()
        self._title, self._value, self._hint, self._check = title, value, hint, check

    def compose(self) -> ComposeResult:
        """The question, the text, and a hint."""
        with Vertical(id="dialog"):
            yield Static(Content.styled(self._title, "bold"), id="title")
            yield Input(self._value, select_on_focus=True)
            yield Static(Content.styled(self._hint, "$text-muted"), id="hint")

    def on_mount(self) -> None:
        """Nothing blinks."""
        self.query_one(Input).cursor_blink = False
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close with the text, if it will do."""
        try:
            self._check(event.value)
        except AqueError as error:
            self.query_one("#hint", Static).update(Content.styled(clean(str(error)), "$error-lighten-1"))
        else:
            self.dismiss(event.value)

    def action_cancel(self) -> None:
        """Close without a text."""
        self.dismiss(None)


class Choose(ModalScreen[str | None]):
    """Asks for one of some things, given as names and what to show; the first to be pointed at is `current`."""

    commands = (
        Command("move('cursor_down')", "j", "Down", "The next one", "Move"),
        Command("move('cursor_up')", "k", "Up", "The previous one", "Move"),
        _CANCEL,
    )
    BINDINGS = bindings(commands)

    def __init__(self, title: str, options: Sequence[tuple[str, str]], current: str = "") -> None:
        super().__init__()
        self._title, self._options, self._current = title, options, current

    def compose(self) -> ComposeResult:
        """The question and the things."""
        with Vertical(id="dialog"):
            yield Static(Content.styled(self._title, "bold"), id="title")
            yield OptionList(*(Option(Content(clean(shown)), id=name) for name, shown in self._options), markup=False)

    def on_mount(self) -> None:
        """Point at the one that holds."""
        names = [name for name, _ in self._options]
        self.query_one(OptionList).highlighted = names.index(self._current) if self._current in names else 0

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Close with the choice."""
        self.dismiss(event.option.id)

    def action_move(self, how: str) -> None:
        """Point at another."""
        getattr(self.query_one(OptionList), f"action_{how}")()

    def action_cancel(self) -> None:
        """Close without a choice."""
        self.dismiss(None)


class Select(ModalScreen[tuple[str, ...] | None]):
    """Asks which of some things, given as names and what to show, are to be there."""

    commands = (
        Command("turn", "space", "Choose", "Have this one, or not", "Act"),
        Command("move('cursor_down')", "j", "Down", "The next one", "Move"),
        Command("move('cursor_up')", "k", "Up", "The previous one", "Move"),
        _CANCEL,
    )
    BINDINGS = bindings(commands)

    def __init__(self, title: str, options: Sequence[tuple[str, str]], chosen: Sequence[str]) -> None:
        super().__init__()
        self._title, self._options, self._chosen = title, dict(options), list(chosen)

    def compose(self) -> ComposeResult:
        """The question and the things."""
        with Vertical(id="dialog"):
            yield Static(Content.styled(self._title, "bold"), id="title")
            yield OptionList(*(Option(self._shown(name), id=name) for name in self._options), markup=False)
            yield Static(Content("Space chooses, Enter takes them, Esc leaves all as it was"), id="hint")

    def on_mount(self) -> None:
        """Point at the first one."""
        self.query_one(OptionList).highlighted = 0

    def on_option_list_option_selected(self) -> None:
        """Close with the choice: in the order in which they were chosen."""
        self.dismiss(tuple(self._chosen))

    def action_turn(self) -> None:
        """Have the one that is pointed at, or not."""
        found = self.query_one(OptionList)
        name = found.highlighted_option.id if found.highlighted_option else None
        if name is not None:
            (self._chosen.remove if name in self._chosen else self._chosen.append)(name)
            found.replace_option_prompt(name, self._shown(name))

    def action_move(self, how: str) -> None:
        """Point at another."""
        getattr(self.query_one(OptionList), f"action_{how}")()

    def action_cancel(self) -> None:
        """Close without a choice."""
        self.dismiss(None)

    def _shown(self, name: str) -> Content:
        mark = ("✓ ", "bold $success") if name in self._chosen else "  "
        return Content.assemble(mark, clean(self._options[name]))
