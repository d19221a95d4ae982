"""The connections that a process keeps: how many, for whom, and what becomes of them."""

from __future__ import annotations

import os
from collections.abc import Callable

import psycopg
import pytest

from aque.core.broker import Broker
from aque.core.db.database import Database
from aque.core.db.source import Connection
from tests.waiting import wait_for


def backend(conn: Connection) -> int:
    return conn.info.backend_pid


def test_what_comes_back_is_lent_again(broker: Broker) -> None:
    with broker.database.connection() as conn:
        first = backend(conn)
    with broker.database.connection() as conn:
        assert backend(conn) == first


def test_a_task_is_submitted_over_one_connection(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each more would take as long as to submit it."""
    made: list[object] = []
    connect = psycopg.connect

    def counted(*args: object, **given: object) -> object:
        made.append(given)
        return connect(*args, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(psycopg, "connect", counted)
    with Broker(broker.to_url()) as fresh:
        fresh.submit([{"pattern": "shell", "args": ["true"]}], {})
    assert len(made) == 1


@pytest.mark.parametrize("hold", ["at rest", "in use"])
def test_one_that_the_server_ended_is_replaced(broker: Broker, hold: str) -> None:
    with Database(broker.to_url()).connection() as other, broker.database.connection() as conn:
        gone = backend(conn)
        if hold == "in use":
            with pytest.raises(psycopg.OperationalError):
                end(other, gone, conn.execute)
    if hold == "at rest":
        with Database(broker.to_url()).connection() as other:
            end(other, gone, lambda _: None)
    with broker.database.connection() as conn:
        assert backend(conn) != gone


def end(other: Connection, pid: int, then: Callable[[str], object]) -> None:
    """Have the server end a session, and do something when it is gone."""
    other.execute("select pg_terminate_backend(%s)", [pid])
    wait_for(lambda: not other.execute("select from pg_stat_activity where pid = %s", [pid]).fetchall())
    then("select 1")


def test_what_is_in_the_middle_of_something_is_lent_to_nobody(broker: Broker) -> None:
    with broker.database.connection() as conn:
        left = backend(conn)
        conn.execute("begin")
    with broker.database.connection() as conn:
        assert backend(conn) != left


def test_who_finds_it_in_use_has_another(broker: Broker) -> None:
    with broker.database.connection() as conn, broker.database.connection() as other:
        assert backend(conn) != backend(other)


def test_one_that_is_closed_while_it_is_lent_ends_with_its_use(broker: Broker) -> None:
    with broker.database.connection() as conn:
        broker.database.close()
        conn.execute("select 1")
    assert conn.closed


def test_a_fork_leaves_those_of_its_parent_alone(broker: Broker) -> None:
    """It would end the parent's session by closing its own copy of the socket politely."""
    with broker.database.connection() as conn:
        mine = backend(conn)
    child = os.fork()
    if not child:
        broker.database.close()
        os._exit(0)
    os.waitpid(child, 0)
    with broker.database.connection() as conn:
        assert backend(conn) == mine
