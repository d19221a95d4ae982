"""One embedded server for a whole run of the tests; each test that asks for a broker gets a schema of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from aque.core import embedded
from aque.core.broker import Broker

from .work import running_worker

pytest_plugins = ["tests.snapshots"]

settings.register_profile("aque", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # shared machines
settings.load_profile("aque")


@pytest.fixture(scope="session")
def server() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="aque-tests-") as folder:
        os.chmod(folder, 0o711)  # noqa: PTH101 - the server's own user passes through
        home = Path(folder) / "broker"
        endpoint = embedded.ensure(home)
        yield home
        endpoint.lease.close()
        embedded.stop(home)


@pytest.fixture
def broker(server: Path) -> Iterator[Broker]:
    with Broker(f"embedded:{server}") as made:
        made.database.initialise(from_scratch=True)
        yield made


@pytest.fixture
def worker(broker: Broker) -> Iterator[Callable[..., object]]:
    with running_worker(broker):
        yield lambda: None
