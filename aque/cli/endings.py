"""How tasks ended: in words, as JSON, as an exit status."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from ..core.text import clean
from .options import echo_json

if TYPE_CHECKING:
    from ..core.queries.tasks import Ending

_UNSTARTED: Final = {"aque:not_found": 127, "aque:not_executable": 126, "aque:too_long": 126}  # as shells have it
_OWN: Final = ("aque:", "aque.core.", "_aque_child.")  # kinds whose messages say all


def exit_status(ending: Ending) -> int:
    """What a shell would say of the command: its exit status, 128 + its signal, 127, 126; 1 where it never ran."""
    if ending.state == "success":
        return 0
    unstarted = _UNSTARTED.get(_error(ending).get("type", ""))
    return unstarted or ending.exit_code or (128 + ending.signal if ending.signal else 1)


def reason(ending: Ending) -> str:
    """In one line why a task did not succeed."""
    error = _error(ending)
    kind, message = str(error.get("type", "")), str(error.get("message") or "")
    if not kind.startswith(_OWN):
        name = kind.rpartition(":")[2].rpartition(".")[2]
        message = f"{name}: {message}" if message else name
    return clean(" ".join(message.split()) or ending.state)


def tell(ending: Ending) -> None:
    """Say on stderr why a task did not succeed."""
    if ending.state != "success":
        click.echo(f"aque: task {ending.id}: {reason(ending)}", err=True)


def echo_ending(ending: Ending) -> None:
    """An ending as one line of JSON."""
    result = json.loads(ending.result) if ending.result else None
    told = {name: getattr(ending, name) for name in ("id", "state", "exit_code", "signal")}
    echo_json({**told, "error": _error(ending) or None, "result": result})


def is_plain_exit(ending: Ending) -> bool:
    """Whether a command ended by itself, so that its exit status says all."""
    return _error(ending).get("type") == "aque:exit"


def _error(ending: Ending) -> Mapping[str, Any]:
    error: Mapping[str, Any] = json.loads(ending.error) if ending.error else {}
    return error
