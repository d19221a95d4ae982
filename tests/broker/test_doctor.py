"""The doctor finds what is wrong with a set-up, and nothing where nothing is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from aque.core.broker import Broker
from aque.core.doctor import Patient, examine
from aque.core.doctor import _clock as clock
from aque.core.queries import health, registry
from tests import bouncer
from tests.sharing import Shared, shared_server


@pytest.fixture(scope="module")
def shared() -> Iterator[Shared]:
    with shared_server() as made:
        yield made


def _found(shared: Shared, role: str = "olga") -> set[tuple[str, str]]:
    with Broker(shared.url(role)) as broker:
        return {(each.check, each.level) for each in examine(broker) if each.level != "ok"}


def test_a_shared_server_is_well(shared: Shared) -> None:
    with shared.admin() as conn:  # the test's own server does not wait for the disk
        off = conn.execute("select current_setting('fsync')").fetchone() == ("off",)
    assert _found(shared) == ({("durability", "error")} if off else set())


@pytest.mark.parametrize(
    ("harm", "mend"),
    [
        ("grant insert on aque.task to mallory", "revoke all on all tables in schema aque from mallory"),
        ("grant update (username) on aque.shape to mallory", "revoke all on all tables in schema aque from mallory"),
        ("alter table aque.output disable row level security", "alter table aque.output enable row level security"),
        (
            "alter function aque.kill reset search_path",
            "alter function aque.kill set search_path = pg_catalog, pg_temp",
        ),
    ],
)
def test_what_lets_roles_past_the_rules_is_an_error(shared: Shared, harm: str, mend: str) -> None:
    with shared.admin() as conn:
        conn.execute(harm)
        assert ("sharing", "error") in _found(shared)
        conn.execute(mend)
    assert ("sharing", "error") not in _found(shared)


@pytest.mark.parametrize("setting", ["alter database aque set", "alter role olga set"])
def test_a_commit_that_may_be_lost_is_an_error(shared: Shared, setting: str) -> None:
    with shared.admin() as conn:
        conn.execute(f"{setting} synchronous_commit = off".encode())
        with Broker(shared.url("olga")) as broker:
            assert any(each.says == "synchronous_commit is off" for each in examine(broker))
        conn.execute(f"{setting} synchronous_commit = default".encode())


@bouncer.needed
def test_a_schema_that_everybody_may_put_functions_into_is_an_error_behind_a_pooler(shared: Shared) -> None:
    """There the search_path is the server's: a function of anybody's that fits better would run as whoever looks."""
    server = {"host": shared.sockets, "port": shared.port, "user": "postgres", "dbname": "aque"}
    with shared.admin() as conn, bouncer.bouncing(server) as pooler, Broker(pooler.url) as broker:
        conn.execute("grant create on schema public to public")
        assert "`revoke create on schema public from public`" in [each.mend for each in examine(broker)]
        conn.execute("revoke create on schema public from public")
        assert ("sharing", "error") not in {(each.check, each.level) for each in examine(broker)}


def test_a_worker_of_another_version_and_an_old_transaction_are_told_of(shared: Shared) -> None:
    with Broker(shared.url("farm")) as farm, farm.database.connection() as conn:
        worker = registry.register(
            conn, registry.WorkerInfo("old", "h", None, 1, "linux", "root", True, 1.0, 1, None, [], "0.0.1")
        )
        assert ("workers", "warning") in _found(shared)
        registry.leave(conn, worker)
        assert ("workers", "warning") not in _found(shared)
    with shared.admin() as other, shared.admin() as looker:
        other.execute("begin")
        assert any("of postgres" in each.holder for each in health.snapshots(looker, 0.0))  # type: ignore[arg-type]


def test_a_clock_that_is_off_is_told_of(broker: Broker) -> None:
    with broker.database.connection() as conn:
        patient = Patient(broker, conn, health.server(conn), 0.0)
        assert [each[0] for each in clock(patient)] == ["ok"]
        assert [each[:2] for each in clock(replace(patient, offset=-90.0))] == [
            ("warning", "this host's clock is 90 s behind the server's")
        ]


def test_no_schema_is_an_error_on_a_server(shared: Shared) -> None:
    with shared.admin() as conn:
        conn.execute("drop database if exists empty")
        conn.execute("create database empty")
    with Broker(shared.url("alice").replace("/aque?", "/empty?")) as broker:
        assert ("schema", "error") in {(each.check, each.level) for each in examine(broker)}


def test_an_embedded_server_is_well(broker: Broker) -> None:
    assert [each for each in examine(broker) if each.level == "error"] == []
    assert {"disk", "sharing"} <= {each.check for each in examine(broker)}
