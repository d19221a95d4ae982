"""Where a list screen reads its lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from .keys import Keys

Thing_co = TypeVar("Thing_co", covariant=True)


class Source(Protocol[Thing_co]):
    """Keys in an order, and what the lines of some of them show; all of it is asked on the feeder's thread.

    A source has its question for good: another filter or order is another source. Every method may raise AqueError.
    """

    def refresh(self) -> Keys:
        """The keys as they are now, or lately where they are dear to read; an equal object where nothing changed."""
        ...

    def keys(self) -> Keys:
        """The keys as they were read last."""
        ...

    def expire(self) -> None:
        """Read all anew at the next refresh, however dear it is; may be called from any thread."""
        ...

    def rows(self, keys: Sequence[int]) -> Mapping[int, Thing_co]:
        """What the lines of these keys show; none for what is gone."""
        ...
