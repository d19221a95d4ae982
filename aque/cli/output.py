"""aque output"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..core.errors import AqueError
from .endings import echo_ending, tell
from .options import Whole, broker_option, chosen, json_option, open_broker, selecting, some
from .sinks import Sink, sink

if TYPE_CHECKING:
    from ..core.selection import Selection
    from .watch import Reader


@click.command("output")
@selecting()
@click.option("-w", "--watch", "is_watched", is_flag=True, help="Follow until they are complete.")
@click.option("--tail", "lines", type=Whole(0), metavar="N", help="Begin with the last N lines.")
@click.option("-o", "--stdout", "out", is_flag=True, help="What they wrote to stdout alone.")
@click.option("-e", "--stderr", "err", is_flag=True, help="What they wrote to stderr alone; here it goes to stdout.")
@click.option("--attempt", type=Whole(1, 2**15 - 1), metavar="N", help="Their N-th run; default the latest.")
@json_option
@broker_option
def command(
    selection: Selection,
    is_watched: bool,
    lines: int | None,
    out: bool,
    err: bool,
    attempt: int | None,
    as_json: bool,
    broker: str | None,
) -> int:
    """Show what tasks wrote to stdout and stderr.

    Raw and in order, one task after the other. Several that are followed come line by line, as `[ID] line`. With
    --watch the exit status is 1 if one did not succeed.

    \b
    Examples:
      aque output 12
      aque output -w --tail 10 12 13
      aque output -e --attempt 1 12
      aque output -e -f 'state:error age<1h'
      aque output --json 12 | jq -r .text
    """
    from ..core.queries.output import GAP, STREAMS
    from .watch import Follower, Reader, note_if_nobody_works

    place = open_broker(broker)
    ids = chosen(place, selection)
    streams = (GAP, *((1,) * out + (2,) * err or STREAMS))
    shown = sink(as_json=as_json, merged=is_watched and len(ids) > 1, together=err and not out)
    reader = Reader(place, shown, {}, streams, attempt)
    begin = _attempts(reader, ids, attempt, is_watched)
    if not is_watched and lines is None:
        return reader.copy_in_order(begin)
    for each, latest in begin.items():
        _begin(reader, shown, each, latest, lines)
        if not is_watched:
            reader.copy()
            reader.end(each)
    if not is_watched:
        return 0
    endings = Follower(reader, note_if_nobody_works(place, f"{some(ids)} wait{'s' * (len(ids) == 1)}")).run()
    for ending in endings:
        (echo_ending if as_json else tell)(ending)
    return int(any(ending.state != "success" for ending in endings))


def _attempts(reader: Reader, ids: list[int], wanted: int | None, is_watched: bool) -> dict[int, int]:
    """The attempt to begin with, by task in the order that was asked for."""
    from ..core.queries import output

    latest = reader.broker.read(output.attempts, ids)
    lacking = [] if is_watched else [each for each in ids if wanted and latest[each] < wanted]
    if lacking:
        had = latest[lacking[0]]
        raise AqueError(f"task {lacking[0]} has had {had} attempt{'' if had == 1 else 's'}, not {wanted}")
    return {each: wanted or latest[each] for each in ids}


def _begin(reader: Reader, shown: Sink, task: int, attempt: int, lines: int | None) -> None:
    """Place the reader where it is to begin: at the start of an attempt, or after its last lines, which are shown."""
    from ..core.queries import output

    reader.places[task] = output.Place(attempt)
    if lines is not None:
        for piece in reader.broker.read(output.tail, task, attempt, lines, streams=reader.streams):
            shown.put(piece)
            reader.places[task] = output.Place.after(piece)
