"""Unit files for systemd: what starts a worker with the host or with its user."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

KINDS: Final = ("user", "system")
_MARGIN: Final = 20  # seconds to say good-bye to the broker after the last task was stopped
_ENVIRONMENT: Final = {"user": "%h/.config/aque/worker.env", "system": "/etc/aque/worker.env"}
_TARGETS: Final = {"user": "default.target", "system": "multi-user.target"}
_HOW: Final = {
    "user": "~/.config/systemd/user/aque-worker.service; then: systemctl --user enable --now aque-worker",
    "system": "/etc/systemd/system/aque-worker.service; then: systemctl enable --now aque-worker",
}


def unit(kind: str, arguments: Sequence[str], drain_limit: float) -> str:
    """A unit that runs `aque worker` with these arguments, by the interpreter that runs this."""
    template = Path(__file__).with_name("worker.service").read_text("utf-8")
    command = shlex.join([sys.executable, "-m", "aque", "worker", *arguments]).replace("%", "%%").replace("$", "$$")
    return template.format(
        how=_HOW[kind],
        command=command,
        environment=_ENVIRONMENT[kind],
        target=_TARGETS[kind],
        patience=int(drain_limit) + _MARGIN,
    )
