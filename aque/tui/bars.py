"""Bars and curves of characters, to be read without colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_EIGHTHS: Final = " ▏▎▍▌▋▊▉"
_LEVELS: Final = "▁▂▃▄▅▆▇█"
_FULL: Final = "█"
_REST: Final = "·"


def bar(share: float, width: int) -> str:
    """A bar of `width` cells that is full for 1; what is more than nothing can be seen."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    full, part = divmod(max(eighths, 1) if share > 0 else 0, 8)
    shown = _FULL * full + (_EIGHTHS[part] if part else "")
    return shown + _REST * (width - len(shown))


def sparkline(values: Sequence[float], width: int) -> str:
    """The last `width` values, as heights below their largest; those that are missing are on the left."""
    shown = list(values)[-width:]
    most = max(shown, default=0.0)
    levels = (_level(each / most) if most > 0 and each > 0 else _LEVELS[0] for each in shown)
    return "".join(levels).rjust(width, _LEVELS[0])


def stacked(parts: Sequence[tuple[float, str]], width: int) -> str:
    """A bar of several parts, each a share of 1 in a sign of its own; what is left is dots. No part vanishes."""
    shown = ""
    for share, sign in parts:
        cells = max(1, round(share * width)) if share > 0 else 0
        shown += sign * min(cells, width - len(shown))
    return shown + _REST * (width - len(shown))


def _level(share: float) -> str:
    return _LEVELS[min(len(_LEVELS) - 1, max(0, round(share * len(_LEVELS)) - 1))]
