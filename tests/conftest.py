"""One embedded server for a whole run of the tests; each test that asks for a broker gets a schema of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from aque.core import embedded
from aque.core.broker import Broker

from .work import running_worker

pytest_plugins = ["tests.snapshots"]

settings.register_profile("aque", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # shared machines
settings.load_profile("aque")

GIVEN: Final = os.environ.get("AQUE_TEST_SERVER", "")
"""The folder of PostgreSQL's programs of which all servers are made, or the URL of a broker for tests that have one."""
IS_URL: Final = "://" in GIVEN
if GIVEN and not IS_URL:
    os.environ["AQUE_PG_BIN"] = GIVEN


@pytest.fixture(scope="session")
def server() -> Iterator[Path]:
    if IS_URL:
        pytest.skip("starts and stops a server of its own: $AQUE_TEST_SERVER is a URL")
    with tempfile.TemporaryDirectory(prefix="aque-tests-") as folder:
        os.chmod(folder, 0o711)  # noqa: PTH101 - the server's own user passes through
        home = Path(folder) / "broker"
        endpoint = embedded.ensure(home)
        yield home
        endpoint.lease.close()
        embedded.stop(home)


@pytest.fixture(scope="session")
def url(request: pytest.FixtureRequest) -> str:
    """Of the broker of the tests; what it holds is dropped by each of them."""
    return GIVEN if IS_URL else f"embedded:{request.getfixturevalue('server')}"


@pytest.fixture
def broker(url: str) -> Iterator[Broker]:
    with Broker(url) as made:
        made.database.initialise(from_scratch=True)
        yield made


@pytest.fixture
def worker(broker: Broker) -> Iterator[Callable[..., object]]:
    with running_worker(broker):
        yield lambda: None
