"""A broker for tests that try many examples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aque.core.broker import Broker


@pytest.fixture(scope="module")
def shared_broker(server: Path) -> Iterator[Broker]:
    """A broker of one module: what its examples leave behind stays."""
    with Broker(f"embedded:{server}") as made:
        made.database.initialise(from_scratch=True)
        yield made
