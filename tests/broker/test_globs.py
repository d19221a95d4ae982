"""Globs of hosts that no host can be compared with: refused when they come, and harmless where they came before."""

from __future__ import annotations

import pytest

import aque
from aque.core.broker import Broker
from tests import work

_BROKEN = "[z-a]"


def test_they_are_refused(broker: Broker) -> None:
    with pytest.raises(aque.AqueError, match="no globs"):
        aque.Queue(broker=broker).submit_ex(work.add, (1, 2), host=[_BROKEN])


@pytest.mark.usefixtures("worker")
def test_an_old_shape_that_has_one_stops_no_claim(broker: Broker) -> None:
    queue = aque.Queue(broker=broker)
    stuck = queue.submit_ex(work.add, (1, 2), host=["no-such-host"])
    with broker.database.connection() as conn:
        conn.execute("update aque.shape set host = %s where host <> '{}'", [[_BROKEN]])
    assert queue.submit(work.add, 1, 2).result(30) == 3
    assert stuck.done() is False
