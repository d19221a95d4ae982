"""What is looked for in output."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .loglines import LONGEST
from .sgr import plain

_PLAIN: Final = bytes(range(32, 127)) + b"\r\n"


@dataclass(frozen=True, slots=True)
class Sought:
    """A text; one in small letters is found in any."""

    text: str

    def is_in(self, line: str) -> bool:
        """Whether a line has it, as it is shown; several lines have it if one of them has."""
        shown = plain(line)
        return self.text in (shown.lower() if self._is_small else shown)

    def may_be_in(self, parts: Iterable[bytes]) -> bool:
        """Whether a line of output written in these parts could have it; much quicker than to make lines of it."""
        data = b"".join(parts)
        if self._is_literal and not data.translate(None, _PLAIN if " " in self.text else _PLAIN + b"\t"):
            return self.text.encode() in (data.lower() if self._is_small else data)
        if max(map(len, data.split(b"\n"))) > LONGEST:
            return True  # where it is cut, other things are shown than in the whole
        text = data.decode("utf-8", "backslashreplace").replace("\r\n", "\n").replace("\r", "\n")
        return self.is_in(text.expandtabs(8))

    @property
    def _is_small(self) -> bool:
        return self.text == self.text.lower()

    @property
    def _is_literal(self) -> bool:
        """Whether it is shown only where these very letters were written, in output that is plain."""
        return self.text.isascii() and self.text.isprintable()
