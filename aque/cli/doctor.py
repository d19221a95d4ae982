"""aque doctor"""

from __future__ import annotations

from typing import Final

import click

from .options import broker_option, echo_json, json_option, open_broker

_MARKS: Final = {"ok": "ok     ", "warning": "WARNING", "error": "ERROR  "}


@click.command("doctor")
@json_option
@broker_option
def command(as_json: bool, broker: str | None) -> int:
    """Look at how the broker is set up, and say how to mend what is wrong.

    It changes nothing. Exits with 1 where there is an error; warnings are for you to judge.

    \b
    Examples:
      aque doctor
      aque doctor --json | jq -r 'select(.level != "ok") | .mend'
    """
    from ..core.doctor import examine

    findings = examine(open_broker(broker))
    for each in findings:
        if as_json:
            echo_json(each)
        else:
            click.echo(f"{_MARKS[each.level]}  {each.check}: {each.says}{f' -> {each.mend}' if each.mend else ''}")
    return int(any(each.level == "error" for each in findings))
