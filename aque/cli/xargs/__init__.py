"""aque xargs

    words ── options (reading, additions) ─┐
    stdin ── tokens ── commands ───────────┤
    ::: ── sources ── replacement ─────────┴── feed ── session ── steady ── broker
                                                         ├── supply ── batch, gate (-P 1), window
                                                         ├── ends ── course (endings, halt), recorder, progress
                                                         └── output ── printer; helper; rest

What is left of `session` is pure: bytes in, bytes out. The rest talks to the broker and the terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class _Untouched(click.Command):
    """Its arguments are not click's to read: xargs has options with optional values."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.args = list(args)
        return ctx.args

    def invoke(self, ctx: click.Context) -> Any:
        from .main import run

        return run(ctx.args, ctx.find_root().params.get("broker"))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Long options, or else files: which command it may be is not known, nor what it takes."""
        from click.shell_completion import CompletionItem

        from .options import long_options

        if not incomplete.startswith("-"):
            return [CompletionItem(incomplete, type="file")]
        return [CompletionItem(name) for name in long_options() if name.startswith(incomplete)]

    def get_help(self, ctx: click.Context) -> str:
        from .help import HELP

        return HELP


_HELP = """Queue commands that are built from stdin, as xargs does.

It takes the options of GNU xargs, waits, shows what the commands write in their order, and exits as xargs does. -P N
runs N at a time on each host, each with an N-th of it; without it one runs at a time in all. Where no worker serves an
embedded broker, it brings its own for the while (-v tells). Long options of its own are --priority, --cpus, --memory,
--queue, --name, --limit, --on-done (once all have ended), --broker, --shell and --detach, which prints the id of the
group and waits for nothing. After a ::: on the command line, or with --parallel, it has the argument sources and
replacement strings of GNU parallel; its --tag, --joblog, --resume, --halt, --retries, --timeout, --bar, --results and
others go with any input (aque-xargs --help). The console script aque-xargs is the same.

\b
Examples:
  find . -name '*.wav' -print0 | aque xargs -0 -n1 -P4 flac
  ls *.png | aque xargs -I{} --shell 'convert {} {}.jpg && rm {}'
  seq 100 | aque xargs -n1 --detach render --frame
  aque xargs --joblog log --resume --bar convert {} {.}.jpg ::: *.png
"""

command = _Untouched("xargs", help=_HELP)
