"""What tests of whole runs are written with."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

Start = Callable[..., "subprocess.Popen[bytes]"]


def script(text: str) -> list[str]:
    """A command that is a line for a shell."""
    return ["sh", "-c", text]
