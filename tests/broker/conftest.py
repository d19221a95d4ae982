"""What tests of the broker look at it with, and a broker for those that try many examples."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aque.core.broker import Broker
from aque.core.db.source import Connection


@pytest.fixture
def conn(broker: Broker) -> Iterator[Connection]:
    """A connection that may take its time."""
    with broker.database.connection(limit=1800) as conn:
        yield conn


@pytest.fixture(scope="module")
def shared_broker(url: str) -> Iterator[Broker]:
    """A broker of one module: what its examples leave behind stays."""
    with Broker(url) as made:
        made.database.initialise(from_scratch=True)
        yield made
