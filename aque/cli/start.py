"""Where the console scripts begin: with next to nothing, for Ctrl-C may come while all the rest is loaded."""

from __future__ import annotations

import sys
from importlib import import_module

_INTERRUPTED = 130


def main() -> None:
    """The console script `aque`."""
    _begin("main")


def kill() -> None:
    """The console script `aque-kill`."""
    _begin("kill")


def xargs() -> None:
    """The console script `aque-xargs`."""
    _begin("xargs")


def _begin(name: str) -> None:
    try:
        getattr(import_module("aque.cli.main"), name)()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
