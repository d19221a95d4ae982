"""What xargs was told, once it is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .halt import Halt
from .sources import Source


@dataclass(frozen=True)
class Options:
    """All that xargs was told. Texts of the input and of commands are bytes; sizes count bytes with their NULs."""

    max_chars: int
    delimiter: bytes | None = None
    """None: words, with quotes and backslashes."""
    eof: bytes | None = None
    replace: bytes | None = None
    max_args: int = 0
    max_lines: int = 0
    exit_if_exceeded: bool = False
    run_if_empty: bool = True
    procs: int | None = None
    """0: without limit; None: not given."""
    trace: bool = False
    interactive: bool = False
    open_tty: bool = False
    arg_files: tuple[str, ...] = ()
    """xargs reads the last, --parallel all."""
    slot_variable: str | None = None
    show_limits: bool = False
    asks_for: str = ""
    """`help` or `version`, instead of all else."""
    shell: bool = False
    detach: bool = False
    broker: str | None = None
    is_talkative: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)
    """Fields of the tasks, as they were given."""
    command: tuple[bytes, ...] = ()
    is_parallel: bool = False
    sources: tuple[Source, ...] = ()
    columns: re.Pattern[bytes] | None = None
    """What separates the columns of an argument."""
    tag: bool = False
    keep_order: bool = True
    dry_run: bool = False
    joblog: str | None = None
    resume: str = ""
    """`resume`, `resume-failed` or `retry-failed`."""
    halt: Halt | None = None
    delay: float = 0.0
    """Seconds between two commands that are queued."""
    progress: str = ""
    """`bar` or `eta`."""
    results: str | None = None

    @property
    def hint(self) -> str | None:
        """What may be wrong where a command is not found; nothing as long as it is for GNU's xargs to speak."""
        if not self.is_parallel or self.shell:
            return None
        if not self.command:
            return "without a command before the :::, each argument is run as a line of a shell"
        if b" " in self.command[0]:
            return "the command is in quotes and so one word: leave them away, or add --shell"
        return None

    @property
    def needs_jobs(self) -> bool:
        """Whether more than the name of a command is needed once it is queued."""
        return bool(self.joblog or self.results or self.tag)

    @property
    def arg_file(self) -> str | None:
        """The file of arguments; None: stdin."""
        return self.arg_files[-1] if self.arg_files and self.arg_files[-1] != "-" else None
