"""Reading output: in order, from a place on, and from the end."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

import aque
from aque.core.broker import Broker
from aque.core.queries import output
from aque.core.queries.output import BATCH, OutputPiece, Place

LINES = st.lists(st.tuples(st.sampled_from((1, 2)), st.text("ab\n", min_size=1, max_size=6)), max_size=12)


def written(broker: Broker, pieces: list[tuple[int, str]], attempt: int = 1, task: int | None = None) -> int:
    """A task that has written these pieces, in an attempt that is its latest."""
    if task is None:
        task = aque.Queue(broker=broker).submit_ex(pattern="group", hold=True).id
    with broker.database.connection() as conn:
        conn.execute("update aque.task set attempt = %s where id = %s", [attempt, task])
        for seq, (stream, text) in enumerate(pieces):
            conn.execute(
                "insert into aque.output (task_id, attempt, seq, stream, data) values (%s, %s, %s, %s, %s)",
                [task, attempt, seq, stream, text.encode()],
            )
    return task


def text(pieces: list[OutputPiece]) -> str:
    return b"".join(piece.data for piece in pieces).decode()


def last_lines(whole: str, count: int) -> str:
    return "".join(whole.splitlines(keepends=True)[max(0, len(whole.splitlines()) - count) :]) if count else ""


def test_the_output_of_many_comes_in_the_order_that_was_asked_for(broker: Broker) -> None:
    """And of a first attempt alone where that is meant; in turns of so many pieces."""
    noisy = written(broker, [(1, f"{place} ") for place in range(BATCH + 3)])
    quiet = written(broker, [])
    twice = written(broker, [(1, "first"), (2, "!")])
    written(broker, [(1, "second")], attempt=2, task=twice)
    for ids, attempt in (([twice, noisy, quiet], 1), ([quiet, noisy, twice], 2)):
        places, found = {each: Place(attempt if each == twice else 1) for each in ids}, list[OutputPiece]()
        while part := broker.read(output.in_order, places, last=None if attempt == 2 else 1):
            found += part
            places = {each: place for each, place in places.items() if each not in {piece.id for piece in part[:-1]}}
            places = {part[-1].id: Place.after(part[-1])} | {
                each: Place(place.attempt) for each, place in places.items() if ids.index(each) > ids.index(part[-1].id)
            }
        noise = "".join(f"{place} " for place in range(BATCH + 3))
        assert text(found) == ("first!" + noise if attempt == 1 else noise + "second")


@settings(max_examples=60)
@given(pieces=LINES, count=st.integers(0, 8))
def test_a_tail_is_the_last_lines_of_the_whole(
    shared_broker: Broker, pieces: list[tuple[int, str]], count: int
) -> None:
    task = written(shared_broker, pieces)
    whole = "".join(text for _, text in pieces)
    assert text(shared_broker.read(output.tail, task, 1, count)) == last_lines(whole, count)
    errors = "".join(text for stream, text in pieces if stream == 2)
    assert text(shared_broker.read(output.tail, task, 1, count, streams=(2,))) == last_lines(errors, count)


def test_a_tail_reads_back_past_its_first_batch(broker: Broker) -> None:
    task = written(broker, [(1, f"{n}\n") for n in range(300)])
    assert text(broker.read(output.tail, task, 1, 200)) == "".join(f"{n}\n" for n in range(100, 300))


def test_pieces_of_many_tasks_come_each_in_order_and_none_drowns_the_others(broker: Broker) -> None:
    loud = written(broker, [(1, f"{n}\n") for n in range(BATCH + 50)])
    quiet = written(broker, [(1, "quiet\n")])
    found = broker.read(output.pieces, {loud: Place(), quiet: Place()})
    assert len(found) == BATCH
    assert quiet in {piece.id for piece in found}
    mine = [piece for piece in found if piece.id == loud]
    rest = broker.read(output.pieces, {loud: Place.after(mine[-1])})
    assert [piece.seq for piece in mine + rest] == list(range(BATCH + 50))


def test_a_place_goes_on_into_the_attempts_that_follow(broker: Broker) -> None:
    task = written(broker, [(1, "first\n")])
    written(broker, [(2, "second\n")], attempt=2, task=task)
    assert text(broker.read(output.pieces, {task: Place(1)})) == "first\nsecond\n"
    assert text(broker.read(output.pieces, {task: Place(1)}, last=1)) == "first\n"
    assert text(broker.read(output.pieces, {task: Place()})) == "second\n"
    assert text(broker.read(output.pieces, {task: Place(1)}, streams=(2,))) == "second\n"
    assert broker.read(output.attempts, [task]) == {task: 2}
