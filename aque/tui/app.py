"""The app behind `aque top`."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import traceback
from functools import partial
from typing import Any, ClassVar, Final

from rich.text import Text
from textual.binding import Binding
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.pilot import Pilot

from ..core.broker import Broker
from ..core.errors import AqueError, BrokerUnavailable
from ..core.garbage import look_from_now_on
from .commands import Command, bindings
from .dialogs.ask import Choose
from .dialogs.help import HelpScreen
from .errands import tell
from .keymap import keymap
from .overlays.log import LogScreen
from .overlays.task import TaskScreen
from .palette import Commands
from .places import PLACES
from .screens.made import SCREENS
from .screens.place import PlaceScreen
from .session import Session
from .terminal import Terminal
from .themes import THEMES, theme
from .typing import InOrder
from .widgets.lines import MOVES
from .widgets.logview import SCROLLS

_PATIENCE: Final = 30.0  # seconds until the one frame of --once must be there


class AqueTop(InOrder):
    """Watch and steer the tasks of a broker."""

    TITLE = "aque top"
    CSS_PATH = "aque.tcss"
    COMMANDS = {Commands}
    DEFAULT_MODE = PLACES[0].name
    commands: ClassVar[tuple[Command, ...]] = (
        *(place.command for place in PLACES),
        Command("help", "question_mark,f1", "Help", "Show what can be done here", "View", footer=True),
        Command("command_palette", "colon,ctrl+p", "Palette", "Find a command by its name", "View"),
        Command("theme", "ctrl+t", "Theme", "Dark, light, or high contrast", "View"),
        Command("quit", "q,f10", "Quit", "Leave the screen", "View", footer=True),
    )
    # before the screen, which would take Ctrl-C for a copy
    BINDINGS = [*bindings(commands), Binding("ctrl+c", "quit", show=False, priority=True)]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        session.work.changed = lambda: self.call_later(self.redraw)
        for known, _ in THEMES.values():
            self.register_theme(known)
        self.wear(session.memory.theme if session.memory.theme in THEMES else session.theme)
        self.given_keys = keymap(session.keys, contexts())
        self.set_keymap(self.given_keys)
        for place in PLACES:
            self.add_mode(place.name, partial(SCREENS[place.name], session))

    def get_driver_class(self) -> type[Driver]:
        """A terminal of ours, unless it is none: a page of a browser, or one frame."""
        found = super().get_driver_class()
        return Terminal if found is LinuxDriver else found

    def on_mount(self) -> None:
        """Start to be fed; leave the terminal as it was, however this ends."""
        self.session.feeder.start()
        self.call_after_refresh(look_from_now_on)  # what stays anyway takes 40 ms to look through, again and again
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            loop.add_signal_handler(each, self.exit, None, 128 + each)

    def on_unmount(self) -> None:
        """Close what the screens looked through."""
        self.session.close()

    def _fatal_error(self) -> None:
        """End, and tell the mistake as Python does: without the values of variables, which may be secret."""
        self.panic(Text(traceback.format_exc().rstrip(), no_wrap=True, overflow="ignore"))

    def redraw(self) -> None:
        """Show what goes on."""
        if isinstance(below := self.screen_stack[0], PlaceScreen):
            below.show()
        if isinstance(top := self.screen, LogScreen):
            top.say()

    def action_help(self) -> None:
        """Show what can be done on the screen that is there."""
        self.push_screen(HelpScreen(self.screen))

    def wear(self, name: str) -> None:
        """Have a theme; raises UsageError where there is none of this name."""
        self.theme = theme(name).name

    def action_theme(self) -> None:
        """Choose a theme, and keep the choice."""
        options = [(name, f"{name:<10} {meaning}") for name, (_, meaning) in THEMES.items()]
        now = next((name for name, (known, _) in THEMES.items() if known.name == self.theme), "")
        self.push_screen(Choose("Theme", options, now), self._wear)

    def _wear(self, name: str | None) -> None:
        if name is None:
            return
        self.wear(name)
        try:
            self.session.memory.keep_theme(name)
        except AqueError as error:
            tell(self.screen, str(error), "warning")

    def action_go(self, name: str) -> None:
        """Go to a screen; from there no way leads back."""
        self.session.way.clear()
        self.switch_mode(name)

    def action_next_place(self) -> None:
        """Go to the screen that follows in the table."""
        names = [place.name for place in PLACES]
        self.action_go(names[(names.index(self.current_mode) + 1) % len(names)])


def contexts() -> list[list[Command]]:
    """The commands that are to be had at the same time: of a screen, of what has the focus on it, and of the app."""
    lists = [[*SCREENS[place.name].commands, *MOVES] for place in PLACES]
    overlays = [[*screen.commands, *SCROLLS] for screen in (TaskScreen, LogScreen)]
    return [[*each, *AqueTop.commands] for each in (*lists, *overlays)]


def run(broker: Broker, **options: Any) -> int:
    """Open the screen until the user leaves it; the exit status. Options and errors are those of Session.of."""
    app = AqueTop(Session.of(broker, **options))
    gc.disable()  # until the first rows are there: what is made for them stays
    app.run()
    return app.return_code or 0


def frame(broker: Broker, size: os.terminal_size, **options: Any) -> str:
    """One frame as text, without opening the screen. Options and errors are those of Session.of."""
    app = AqueTop(Session.of(broker, **options))
    found: list[str] = []

    async def take(_: Pilot[object]) -> None:
        found.append(await _text(app))
        app.exit()

    app.run(headless=True, size=(size.columns, size.lines), auto_pilot=take)
    return "".join(found)


async def _text(app: AqueTop) -> str:
    screen = app.screen
    assert isinstance(screen, PlaceScreen)
    screen.add_class("-once")
    try:
        await asyncio.wait_for(screen.drawn.wait(), _PATIENCE)
    except TimeoutError:
        raise BrokerUnavailable(f"the broker has not answered in {_PATIENCE:g} s") from None
    if app.session.health.reason:
        raise BrokerUnavailable(app.session.health.reason)
    drawn = asyncio.Event()
    screen.call_after_refresh(drawn.set)
    await drawn.wait()
    return "\n".join(strip.text.rstrip() for strip in screen._compositor.render_strips()).rstrip()
