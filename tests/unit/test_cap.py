"""Output beyond the limit: what is kept is the beginning and the end, and what is not is counted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aque.core.runner.cap import TAIL, Tail, split
from aque.core.worker.excerpt import Excerpt
from tests.desk import Desk


@given(st.integers(2, 1 << 40))
def test_head_and_tail_make_the_limit(limit: int) -> None:
    head, tail = split(limit)
    assert head + tail == limit
    assert 0 < tail <= min(head, TAIL)


@given(
    st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(min_size=1, max_size=40)), max_size=20), st.integers(1, 60)
)
def test_a_tail_keeps_the_end_and_counts_the_rest(writes: list[tuple[int, bytes]], room: int) -> None:
    tail = Tail(room)
    for stream, data in writes:
        tail.take(stream, data)
    chunks = list(tail.give_all())
    written = b"".join(data for _, data in writes)
    kept = b"".join(chunk.data for chunk in chunks)
    assert kept == written[max(0, len(written) - room) :]
    assert sum(chunk.skipped for chunk in chunks) == len(written) - len(kept)
    assert not any(chunk.skipped for chunk in chunks[1:]), "one gap, before all that is left"


@given(
    st.lists(st.tuples(st.integers(1, 40), st.sampled_from([0, 0, 0, 0, 7])), max_size=60),
    st.sampled_from([20, 64, 320]),
)
def test_what_is_stored_of_a_run_is_bounded_and_has_one_gap(writes: list[tuple[int, int]], limit: int) -> None:
    """By the books alone: pieces are stored, and those between mark and `until` deleted, as the database does it."""
    head, tail = split(limit)
    excerpt, stored, count, total = Excerpt(limit), dict[int, int](), 0, 0
    for given_size, given_skip in writes:
        size = min(given_size, head - total) if total < head else given_size
        skipped = given_skip if total >= head else 0
        number = excerpt.number(count, skipped)
        count = number + 1
        stored[number] = size
        total += size + skipped
        if excerpt.add(number, size, skipped):
            assert excerpt.mark is not None
            stored = {each: held for each, held in stored.items() if not excerpt.mark <= each < excerpt.until}
            assert excerpt.mark not in stored
        assert sum(stored.values()) + excerpt.left_out == total
        assert sum(stored.values()) <= head + max(tail, 40) + 40
    assert list(stored) == sorted(stored)


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.runner.close()


def test_the_runner_passes_head_and_tail_on(desk: Desk) -> None:
    desk.runner.send({"type": "capacity", "cpus": 2.0, "memory": None, "output_limit": 4 << 20})
    desk.run(1, "sh", "-c", "echo begin; head -c 100000000 /dev/zero; echo end >&2")
    desk.wait("finished", 1)
    pieces = desk.heard("output", 1)
    kept = sum(len(body) for _, body in pieces)
    left_out = sum(header.get("skipped", 0) for header, _ in pieces)
    assert kept + left_out == 100_000_010
    assert kept < 30 << 20, "the tail goes on at a megabyte a second, and is trimmed where it is stored"
    assert desk.output(1).startswith(b"begin\n")
    assert desk.output(1, 2) == b"end\n"
    desk.run(2, "echo", "small")
    desk.wait("finished", 2)
    assert desk.output(2) == b"small\n"
