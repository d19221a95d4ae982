"""What is wrong with a filter, and where."""

from __future__ import annotations

from ..errors import UsageError

_AROUND = 15  # characters to show before and after the place


class FilterError(UsageError):
    """A filter that cannot be read.

    `reason` says what was expected; `start` and `end` are the place in `text`, in characters from 0.
    """

    def __init__(self, reason: str, text: str, start: int, end: int | None = None) -> None:
        self.reason = reason
        self.text = text
        self.start = min(start, len(text))
        self.end = max(self.start, min(start + 1 if end is None else end, len(text)))
        super().__init__(f"filter: {reason}, at {self._place()}")

    def _place(self) -> str:
        if not self.text.strip():
            return "its beginning"
        before, bad, after = self.text[: self.start], self.text[self.start : self.end], self.text[self.end :]
        head = f"…{before[-_AROUND:]}" if len(before) > _AROUND else before
        tail = f"{after[:_AROUND]}…" if len(after) > _AROUND else after
        shown = f"{head}[{bad}]{tail}"
        return f"character {self.start + 1}: " + "".join(c if c.isprintable() else repr(c)[1:-1] for c in shown)


class BadRegex(ValueError):
    """A pattern outside of the grammar; `place` counts characters from 0."""

    def __init__(self, reason: str, place: int) -> None:
        super().__init__(reason)
        self.place = place
