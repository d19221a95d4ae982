"""What xargs says before it gives up."""

from __future__ import annotations

from .terminal import NAME


class Refused(Exception):
    """Options or input that xargs cannot go on with: it says so and exits with 1."""

    def __init__(self, message: str, *, hint: bool = False) -> None:
        super().__init__(f"{message}\nTry '{NAME} --help' for more information." if hint else message)
