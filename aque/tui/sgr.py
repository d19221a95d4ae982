"""The colours that tasks gave to their output, and nothing else of what terminals obey."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from ..core.text import clean

_SGR: Final = re.compile(r"\x1b\[([0-9;]{0,64})m")
_OBEYED: Final = re.compile(
    r"\x1b\[(?![0-9;]{0,64}m)[0-?]*[ -/]*[@-~]"  # other control sequences: cursor, erasing, modes
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)"  # titles, links, clipboards and the like, with what they carry
    r"|\x1b[ -/]*[0-Z\\^-~]",
    re.MULTILINE,
)
_FLAGS: Final = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike"}
_UNSET: Final = {22: "not bold not dim", 23: "not italic", 24: "not underline", 27: "not reverse", 29: "not strike"}
_DIGITS: Final = 3  # of a number that means something


def plain(text: str) -> str:
    """A text without colours, be it one line or many."""
    if text.isprintable():
        return text
    shown = _SGR.sub("", _OBEYED.sub("", text)) if "\x1b" in text else text
    if shown.replace("\n", "").isprintable():
        return shown
    return "\n".join(map(clean, shown.split("\n")))


@lru_cache(4096)
def painted(text: str, style: Style) -> tuple[Segment, ...]:
    """A text in its colours, on top of a style."""
    return tuple(Segment(clean(part), style + own) for part, own in _parts(_OBEYED.sub("", text)) if part)


def _parts(text: str) -> Iterator[tuple[str, Style]]:
    style, place = Style.null(), 0
    for match in _SGR.finditer(text):
        yield text[place : match.start()], style
        style, place = _changed(style, [int(each[-_DIGITS:] or 0) for each in match[1].split(";")]), match.end()
    yield text[place:], style


def _changed(style: Style, codes: list[int]) -> Style:
    while codes:
        code = codes.pop(0)
        if code in (38, 48):
            style += _extended(code, codes)
        elif code == 0:
            style = Style.null()
        else:
            style += _simple(code)
    return style


def _simple(code: int) -> Style:
    if code in _FLAGS:
        return Style.parse(_FLAGS[code])
    if code in _UNSET:
        return Style.parse(_UNSET[code])
    for first, last, offset, name in _RANGES:
        if first <= code <= last:
            return _colour(name, Color.from_ansi(code - first + offset))
    return _DEFAULTS.get(code, Style.null())


def _colour(name: str, colour: Color) -> Style:
    return Style(color=colour) if name == "color" else Style(bgcolor=colour)


_RANGES: Final = ((30, 37, 0, "color"), (40, 47, 0, "bgcolor"), (90, 97, 8, "color"), (100, 107, 8, "bgcolor"))
_DEFAULTS: Final = {39: Style(color="default"), 49: Style(bgcolor="default")}


def _extended(code: int, codes: list[int]) -> Style:
    """One of 256 colours (5;n), or of all (2;r;g;b)."""
    kind = codes.pop(0) if codes else 0
    count, make = _KINDS.get(kind, (0, None))
    numbers, codes[:] = codes[:count], codes[count:]
    if make is None or len(numbers) < count or max(numbers) > 255:
        return Style.null()
    return _colour("color" if code == 38 else "bgcolor", make(*numbers))


_KINDS: Final[dict[int, tuple[int, Callable[..., Color] | None]]] = {5: (1, Color.from_ansi), 2: (3, Color.from_rgb)}
