"""aque xargs

    arguments ── options ─┐
    stdin ── tokens ── commands ── feed ── session ── broker
                                             └── printer, endings, helper, terminal

What is left of `session` is pure: bytes in, bytes out. The rest talks to the broker and the terminal.
"""

from __future__ import annotations

from typing import Any

import click


class _Untouched(click.Command):
    """Its arguments are not click's to read: xargs has options with optional values."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.args = list(args)
        return ctx.args

    def invoke(self, ctx: click.Context) -> Any:
        from .main import run

        return run(ctx.args, ctx.find_root().params.get("broker"))

    def get_help(self, ctx: click.Context) -> str:
        from .help import HELP

        return HELP


command = _Untouched("xargs", help="Queue commands that are built from the lines on stdin, as xargs does.")
