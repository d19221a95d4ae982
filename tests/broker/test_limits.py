"""Calls to a server that is frozen come back."""

from __future__ import annotations

import os
import signal
import time

import pytest

import aque
from aque.core.broker import Broker
from aque.core.db.watchdog import limited


def test_a_call_to_a_frozen_backend_fails_at_its_limit_and_the_next_one_works(broker: Broker) -> None:
    with pytest.raises(aque.BrokerUnavailable), broker.database.connection(limit=0.5) as conn:
        pid = conn.info.backend_pid
        os.kill(pid, signal.SIGSTOP)
        try:
            conn.execute("select 1")
        finally:
            os.kill(pid, signal.SIGCONT)
    assert broker.tasks() == []


def test_a_call_within_its_limit_is_left_alone(broker: Broker) -> None:
    with broker.database.connection() as conn:
        with limited(conn, 0.05):
            conn.execute("select 1")
        deadline = time.monotonic() + 0.1
        while time.monotonic() < deadline:
            conn.execute("select 1")
