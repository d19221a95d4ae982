"""The keys that a screen names at its foot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.widgets import Footer, Input
from textual.widgets._footer import FooterKey

from ..commands import available

_ALWAYS: Final = frozenset({"help", "quit"})
_WIDE: Final = 100  # cells, from where on keys stand two cells apart


class Keybar(Footer):
    """As many keys as there is room for, in their order; how to find the others and how to leave is always there."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)

    def compose(self) -> ComposeResult:
        """The keys, closer to each other where there is little room."""
        width = self.app.size.width
        self.compact = width < _WIDE
        keys = [each for each in super().compose() if isinstance(each, FooterKey)]
        if isinstance(self.screen.focused, Input):
            for each in keys:
                each.key_display = self._untyped(each)
        yield from fitting(keys, width - 1, 1 if self.compact else 2)

    def _untyped(self, key: FooterKey) -> str:
        """The key that still does it where letters are written."""
        commands = [command for _, command in available(self.screen) if command.action == key.action]
        return next((name for each in commands for name in each.untyped()), key.key_display)

    async def on_resize(self, event: events.Resize) -> None:
        """There is more room, or less."""
        del event
        await self.recompose()


def fitting(keys: Sequence[FooterKey], width: int, gap: int) -> list[FooterKey]:
    """The keys that fit, without the last ones that may be left out."""
    kept = list(keys)
    spare = [each for each in keys if each.action not in _ALWAYS]
    while spare and sum(_width(each) + gap for each in kept) - gap > width:
        kept.remove(spare.pop())
    return kept


def _width(key: FooterKey) -> int:
    return cell_len(key.key_display) + 1 + cell_len(key.description)
