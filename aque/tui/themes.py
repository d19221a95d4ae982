"""The looks of the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from textual.theme import BUILTIN_THEMES, Theme

from ..core.errors import UsageError

_CONTRAST: Final = Theme(
    name="contrast",
    primary="#5fafff",
    secondary="#ffffff",
    accent="#ffff00",
    warning="#ffff00",
    error="#ff5f5f",
    success="#00ff00",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#303030",
    boost="#000000",
    dark=True,
    variables={"primary-darken-2": "#005fff", "foreground-darken-3": "#d0d0d0", "text-muted": "#e4e4e4"},
)
_LIGHT: Final = Theme(
    name="light",
    primary="#0550ae",
    secondary="#24292f",
    accent="#953800",
    warning="#7d4e00",
    error="#a40e26",
    success="#116329",
    foreground="#1f2328",
    background="#ffffff",
    surface="#f3f5f7",
    panel="#dfe4ea",
    dark=False,
    variables={
        "primary-darken-2": "#0a4a9c",
        "primary-lighten-2": "#0550ae",
        "error-lighten-1": "#a40e26",
        "foreground-darken-3": "#57606a",
        "text-muted": "#4b535d",
        "text-warning": "#7d4e00",
        "text-error": "#a40e26",
        "footer-key-foreground": "#0550ae",
    },
)
THEMES: Final[Mapping[str, tuple[Theme, str]]] = {
    "dark": (BUILTIN_THEMES["textual-dark"], "light letters on a dark ground"),
    "light": (_LIGHT, "dark letters on a light ground"),
    "contrast": (_CONTRAST, "white on black, and strong colours"),
}
"""By the names that people use, with what each is like."""


def theme(name: str) -> Theme:
    """A theme; raises UsageError where there is none of this name."""
    try:
        return THEMES[name][0]
    except KeyError:
        raise UsageError(f"config.toml: theme: {name!r} is none of {', '.join(THEMES)}") from None
