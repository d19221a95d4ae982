"""A worker hears of work on its own session, whatever that does meanwhile, and hears of its end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aque.core.broker import Broker
from aque.core.db.source import Connection
from aque.core.listener import Event
from aque.core.queries import submission
from aque.core.queries.submission import ANY, Change
from aque.core.states import State
from aque.core.worker.host import describe
from aque.core.worker.session import Session
from tests.waiting import wait_for


@pytest.fixture
def told() -> list[Event]:
    return []


@pytest.fixture
def session(broker: Broker, told: list[Event]) -> Iterator[Session]:
    opened = Session(broker.database.source, describe(None, 2.0, None, None, ()))
    opened.wire.bind(told.append)
    opened.open()
    yield opened
    opened.wire.close()


def test_it_hears_what_others_tell_and_not_itself(broker: Broker, session: Session, told: list[Event]) -> None:
    session.set_idle(True)
    session.announce([Change(1, State.SUCCESS)], ANY)
    broker.read(submission.request, [7])
    wait_for(lambda: session.wire.hear() and told)
    assert [event.payload for event in told] == ["7"]


def test_it_hears_what_comes_while_a_statement_runs(broker: Broker, session: Session, told: list[Event]) -> None:
    def wait(conn: Connection) -> None:
        with broker.database.connection() as other:
            submission.request(other, [7])
        conn.execute("select 1")

    session.read(wait)
    wait_for(lambda: session.read(lambda conn: conn.execute("select 1")) and told)


def test_it_hears_of_its_end_and_listens_again_when_it_is_back(
    broker: Broker, session: Session, told: list[Event]
) -> None:
    assert session.wire.hear()
    pid = session.read(lambda conn: conn.info.backend_pid)
    broker.read(lambda conn: conn.execute("select pg_terminate_backend(%s)", [pid]))
    wait_for(lambda: not session.wire.hear())
    session.resume([])
    broker.read(submission.request, [7])
    wait_for(lambda: session.wire.hear() and told)


def test_one_that_is_closed_hears_nothing(session: Session) -> None:
    session.wire.close()
    assert not session.wire.hear()
    assert not session.wire.is_deaf
