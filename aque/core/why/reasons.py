"""All reasons, in the order in which they are told: the first is the one that a column shows."""

from __future__ import annotations

from typing import Final

from .demands import DEMANDS
from .done import DONE
from .waiting import AFTER, BEFORE

REASONS: Final = (*BEFORE, *DEMANDS, *AFTER, *DONE)
