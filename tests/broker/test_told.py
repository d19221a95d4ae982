"""What the server tells of tasks reads as what the library tells of them."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from aque.core.broker import Broker
from aque.core.queries.submission import Change, payloads, read_payload
from aque.core.states import State

_MOST = 8000  # bytes: longer ones PostgreSQL refuses, and nobody would hear
_CHANGES = st.dictionaries(st.integers(1, 3000) | st.integers(1, 2**63 - 2), st.sampled_from(State), max_size=400)


def _read(texts: Sequence[str]) -> list[tuple[int, State]]:
    told = [read_payload(text) for text in texts]
    return sorted((id, state) for state, spans in told for span in spans for id in span)


@given(_CHANGES)
def test_every_task_is_told_once_with_its_state(shared_broker: Broker, changed: dict[int, State]) -> None:
    """A future would wait for one that was left out until the next look."""
    given = {"ids": list(changed), "states": [str(state) for state in changed.values()]}
    with shared_broker.database.connection() as conn:
        row = conn.execute("select aque.payloads(%(ids)s::bigint[], %(states)s::text[])", given).fetchone()
    assert row
    assert _read(row[0]) == sorted(changed.items()) == _read(payloads(Change(*each) for each in changed.items()))
    assert all(len(text) < _MOST for text in row[0])


def test_many_that_are_far_apart_are_told_in_texts_that_are_short_enough(shared_broker: Broker) -> None:
    ids = [2**62 + 2 * n for n in range(2000)]
    with shared_broker.database.connection() as conn:
        row = conn.execute("select aque.payloads(%s::bigint[], %s::text[])", [ids, ["success"] * len(ids)]).fetchone()
    assert row
    assert [id for id, _ in _read(row[0])] == ids
    assert all(len(text) < _MOST for text in row[0])
