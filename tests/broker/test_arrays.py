"""What a worker stores in arrays arrives as it was."""

from __future__ import annotations

from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from aque.core.broker import Broker
from aque.core.queries import arrays
from aque.core.states import State

_TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",))) | st.sampled_from(["NULL", "null"])
_READ = """
select %(texts)s::text[], %(ints)s::bigint[], %(floats)s::float8[], %(times)s::timestamptz[],
       %(states)s::aque.state[]::text[]
"""


@given(
    st.lists(st.none() | _TEXTS),
    st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)),
    st.lists(st.none() | st.floats(allow_nan=False)),
    st.lists(st.none() | st.datetimes(timezones=st.just(UTC))),
    st.lists(st.none() | st.sampled_from(State)),
)
def test_an_array_arrives_as_it_was(shared_broker: Broker, texts, ints, floats, times, states):
    """A result with quotes, backslashes or the word NULL would be another, or spoil its whole turn."""
    written = {"texts": arrays.texts(texts)}
    plain = {"ints": ints, "floats": floats, "times": times, "states": states}
    written |= {name: arrays.plain(values) for name, values in plain.items()}
    with shared_broker.database.connection() as conn:
        assert conn.execute(_READ, written).fetchone() == (texts, ints, floats, times, states)
