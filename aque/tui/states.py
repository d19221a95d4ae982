"""The colours of the states, and the order in which they are counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ..core.states import State

STYLES: Final[Mapping[State, str]] = {
    State.RUNNING: "$success",
    State.PENDING: "$primary-lighten-2",
    State.PAUSED: "$warning",
    State.CREATING: "$foreground-darken-3",
    State.SUCCESS: "$foreground-darken-3",
    State.ERROR: "$error-lighten-1",
    State.KILLED: "mediumpurple",
    State.CANCELLED: "$foreground-darken-3",
}
_ALWAYS: Final = frozenset({State.RUNNING, State.PENDING, State.SUCCESS, State.ERROR})


def counted(counts: Mapping[State, int]) -> Iterator[tuple[str, int, str]]:
    """Each state with its count and its colour; those that are rare only where there are any."""
    for state, style in STYLES.items():
        if state in _ALWAYS or counts.get(state):
            yield state.value, counts.get(state, 0), style


def component_css(widget: str) -> str:
    """The same colours as CSS, for the tones of the rows of a table; a pending task that is blocked is paler."""
    tones = {**{state.value: style for state, style in STYLES.items()}, "blocked": "$primary"}
    return "".join(f"{widget} > .vtable--{tone} {{ color: {style}; }}\n" for tone, style in tones.items())
