"""aque kill, aque-kill"""

from __future__ import annotations

import re
import signal as signals
from dataclasses import asdict
from math import inf
from typing import TYPE_CHECKING, Final

import click

from ..core.states import COMPLETE_STATES, State
from ..core.text import clean
from .completing import signal_names
from .options import broker_option, chosen, duration, echo_json, json_option, open_broker, selecting, some
from .steering import may, yes_option

if TYPE_CHECKING:
    from ..core.queries.kill import Killed, Preview
    from ..core.selection import Selection

_BY_NAME: Final = {each.name.removeprefix("SIG"): int(each) for each in signals.Signals}


def _number(text: str) -> int | None:
    """The number of a signal: 9, KILL, SIGKILL, kill; None where there is none."""
    if text.isascii() and text.isdecimal():
        return int(text) if 0 < int(text) < signals.NSIG else None
    return _BY_NAME.get(text.upper().removeprefix("SIG"))


def _signal(_: click.Context, __: click.Parameter, text: str) -> int:
    number = _number(text)
    if number is None:
        raise click.BadParameter(f"no such signal: {text}")
    return number


def _grace(context: click.Context, parameter: click.Parameter, text: str | None) -> float | None:
    return inf if text == "never" else duration(context, parameter, text)


class _Command(click.Command):
    """Takes -9 and -KILL as kill(1) does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        end = args.index("--") if "--" in args else len(args)
        return super().parse_args(ctx, [word for each in args[:end] for word in _plain(each)] + args[end:])


def _plain(word: str) -> list[str]:
    is_short = re.fullmatch(r"-(\d+|[A-Z][A-Z0-9+]+)", word) and _number(word[1:])
    return ["-s", word[1:]] if is_short else [word]


@click.command("kill", cls=_Command)
@selecting()
@click.option(
    "-s",
    "--signal",
    default="TERM",
    show_default=True,
    callback=_signal,
    shell_complete=signal_names,
    metavar="SIGNAL",
    help="Also -9.",
)
@click.option("-r", "--recursive", is_flag=True, help="And all that they need and that is not complete.")
@click.option("--dependents", is_flag=True, help="And all that need them.")
@click.option(
    "--grace", metavar="DURATION", callback=_grace, help="Until SIGKILL, or never; default 5 where SIGNAL ends tasks."
)
@click.option("-n", "--dry-run", is_flag=True, help="Show what it would do, and do nothing.")
@yes_option
@json_option
@broker_option
def command(
    selection: Selection,
    signal: int,
    recursive: bool,
    dependents: bool,
    grace: float | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    broker: str | None,
) -> int:
    """Stop tasks: those that wait are cancelled, those that run get a signal.

    What needs them ends with them. Signals that do not end a process, such as STOP, CONT or USR1, go to those that run
    and change no other. The exit status is 1 if there was nothing to do.

    \b
    Examples:
      aque kill 12 13
      aque kill -9 12
      aque kill -s INT --grace 1m 12
      aque kill -n -r 12
      aque kill -f 'state:running runtime>2h name~^render'
    """
    from ..core.broker import ends
    from ..core.queries import kill
    from ..core.steering import Steering

    place = open_broker(broker)
    ids = chosen(place, selection)
    reached = place.read(kill.reach, ids, dependencies=recursive, dependents=dependents)
    if dry_run:
        return _preview(place.read(kill.preview, reached), as_json, ends=ends(signal, grace))
    if not (yes or may(Steering(place), reached)):
        return 1
    return _report(place.kill(reached, signal, grace), signal, as_json)


def _preview(preview: Preview, as_json: bool, *, ends: bool) -> int:
    hit = preview.hit(ends=ends)
    fallen = preview.dependents if ends else 0
    lost = sum(each.cpu_seconds for each in hit) if ends else 0.0
    if as_json:
        echo_json({"tasks": [asdict(each) for each in hit], "dependents": fallen, "cpu_seconds": lost})
        return 0 if hit else 1
    for each in hit:
        at = f" on {clean(each.worker)}, {_reserved(each.cpu_seconds)}" if each.worker else ""
        click.echo(f"{each.id:>8}  {each.state:<9}  {clean(each.name)}{at}")
    told = f"would reach {_count(len(hit), 'task')}, fail {fallen} that need them, lose {_reserved(lost)}"
    click.echo(told, err=True)
    return 0 if hit else 1


def _report(done: list[Killed], signal: int, as_json: bool) -> int:
    for each in done if as_json else ():
        echo_json(each)
    told = [each.id for each in done if each.worker is not None]
    cancelled = [each.id for each in done if each.before and each.touched and each.worker is None]
    fallen = [each.id for each in done if each.before is None]
    parts = (
        (told, f"{_count(len(told), 'running task')} sent {_signal_name(signal)}"),
        (cancelled, f"{len(cancelled)} cancelled"),
        (fallen, f"{len(fallen)} that needed them ended with them"),
    )
    if words := [text for ids, text in parts if ids]:
        click.echo(", ".join(words), err=True)
    _report_rest([each for each in done if not each.touched])
    return 0 if words else 1


def _report_rest(left: list[Killed]) -> None:
    """Those that nothing was done to, by state."""
    by_state: dict[State, list[int]] = {}
    for each in left:
        by_state.setdefault(each.state, []).append(each.id)
    for state, ids in by_state.items():
        click.echo(
            f"nothing to do for {some(ids)}: {state} {'already' if state in COMPLETE_STATES else ''}".rstrip(), err=True
        )


def _signal_name(number: int) -> str:
    try:
        return signals.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _reserved(seconds: float) -> str:
    """Cpu time as people read it: 7 s, 3 min, 2.5 h. What of it was used only the worker knows."""
    unit, size = next((each for each in (("h", 3600), ("min", 60)) if seconds >= each[1]), ("s", 1))
    return f"{seconds / size:.3g} {unit} of reserved cpu time"
