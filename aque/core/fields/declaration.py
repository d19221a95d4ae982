"""The declaration of all fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from ..errors import UsageError
from ..rows import TaskRow
from . import read as readers
from .kinds import (
    FLAG,
    INTEGER,
    JSON,
    LINK,
    MEMORY,
    MOMENT,
    NUMBER,
    PERCENT,
    REASON,
    SECONDS,
    SPAN,
    STATE,
    TEXT,
    TEXTS,
    USER,
    WORKER,
    Kind,
    Shape,
)

Read = Callable[[TaskRow, datetime], Any]
Show = Callable[[TaskRow, datetime], str]


@dataclass(frozen=True)
class Field:
    """One field. Its readers take a row and the server's time.

    `own_read`, `own_show` and `own_plain` stand in for what the kind would do with the attribute of the field's name.
    """

    name: str
    kind: Kind
    meaning: str
    aliases: tuple[str, ...] = ()
    sorts: bool = True
    own_read: Read | None = None
    own_show: Show | None = None
    own_plain: Read | None = None

    def read(self, row: TaskRow, now: datetime) -> Any:
        """The value that filters and sorting go by; None where there is none."""
        return self.own_read(row, now) if self.own_read else getattr(row, self.name)

    def show(self, row: TaskRow, now: datetime) -> str:
        """A text for people; it may hold anything that the task's owner wrote."""
        if self.own_show:
            return self.own_show(row, now)
        value = self.read(row, now)
        return "" if value is None else self.kind.show(value)

    def plain(self, row: TaskRow, now: datetime) -> Any:
        """Something that JSON holds; spans in seconds, moments as ISO 8601."""
        if self.own_plain:
            return self.own_plain(row, now)
        value = self.read(row, now)
        return None if value is None else self.kind.plain(value)

    @property
    def is_listed(self) -> bool:
        """Whether it has a value to show; links can only be filtered by."""
        return self.kind.shape is not Shape.LINK

    @property
    def has_own_column(self) -> bool:
        """Whether SQL compares another value than the row shows; its column is `<name>_value` then."""
        return self.own_plain is not None and bool(self.kind.operators)


FIELDS: Final = (
    Field("id", INTEGER, "the number of the task"),
    Field("name", TEXT, "its name", ("n",)),
    Field("state", STATE, "where it stands; also open, complete and failed, for the states that are", ("s",)),
    Field("reason", REASON, "why it does not run now", ("why",), False, own_show=readers.show_reason),
    Field("command", TEXT, "its command line, or its function", ("cmd",), own_show=readers.show_command),
    Field("pattern", TEXT, "how its fields become work"),
    Field("func", TEXT, "its function, as module:name"),
    Field("args", JSON, "its arguments", sorts=False),
    Field("priority", INTEGER, "larger first", ("prio",)),
    Field("queue", TEXT, "its queue", ("q",)),
    Field("user", USER, "the account that it runs as", ("u",)),
    Field(
        "cpus",
        NUMBER,
        "how many cpus it takes; `none` where it takes a part of its host",
        own_read=readers.cpus,
        own_show=readers.show_cpus,
        own_plain=readers.plain_cpus,
    ),
    Field("cpu_share", INTEGER, "N, where it takes the N-th part of its host; else 0"),
    Field("memory", MEMORY, "how much memory it takes, in bytes", ("mem",)),
    Field(
        "host",
        TEXTS,
        "the host that runs or ran it, and those that it asks for",
        sorts=False,
        own_read=readers.hosts,
        own_show=lambda row, now: ",".join(row.host),
        own_plain=lambda row, now: row.host,
    ),
    Field("hostname", TEXT, "the host that runs it, or ran it last"),
    Field("platform", TEXT, "the platform that it asks for"),
    Field("tags", TEXTS, "the tags that a worker must offer", ("tag",), False),
    Field(
        "limits",
        TEXTS,
        "the named limits that it takes units of",
        ("limit",),
        False,
        readers.limits,
        readers.show_limits,
        readers.plain_limits,
    ),
    Field("blockers", INTEGER, "how much still keeps it from running: open dependencies, and its time"),
    Field("parent", INTEGER, "the task whose fields it inherits"),
    Field("dep", LINK, "tasks that the one of this id depends on", ("dependency_of",), False),
    Field("needs", LINK, "tasks that depend on the one of this id", ("depends_on",), False),
    Field("worker", WORKER, "the worker that runs it, or ran it last", ("w",)),
    Field("worker_id", INTEGER, "the id of that worker"),
    Field("attempt", INTEGER, "how often it was started"),
    Field("retries", INTEGER, "how often it may be started again"),
    Field("timeout", SECONDS, "after how many seconds it is stopped"),
    Field("duration", SECONDS, "how long it is expected to take: a hint"),
    Field("key", TEXT, "unique among the tasks that are not complete"),
    Field("run_at", MOMENT, "not before, while that is to come"),
    Field("created_at", MOMENT, "when it was submitted", ("created",)),
    Field("started_at", MOMENT, "when it last began to run", ("started",)),
    Field("finished_at", MOMENT, "when it was complete", ("finished",)),
    Field("age", SPAN, "the time since it was submitted", own_read=readers.age),
    Field("runtime", SPAN, "how long it runs, or ran", ("time",), own_read=readers.runtime),
    Field(
        "progress",
        JSON,
        "what it tells of itself",
        (),
        False,
        readers.progress,
        readers.show_progress,
        readers.progress,
    ),
    Field("exit_code", INTEGER, "the exit status of its command", ("exit",)),
    Field("signal", INTEGER, "the signal that ended it"),
    Field("error", TEXT, "what went wrong", sorts=False, own_read=readers.error, own_plain=readers.plain_error),
    Field("cpu", PERCENT, "what its processes use of the cpus now: 100 is one core"),
    Field("rss", MEMORY, "the memory that they use now, in bytes"),
    Field("over_memory", FLAG, "whether it used more memory than it asked for"),
    Field("max_rss", MEMORY, "the most memory that it was seen to use, in bytes", ("peak",)),
    Field("user_time", SECONDS, "the seconds of cpu that it used, in its own code"),
    Field("system_time", SECONDS, "the seconds of cpu that it used, in the system's"),
    Field("read_bytes", MEMORY, "the bytes that it read from storage; not what was in memory already"),
    Field("written_bytes", MEMORY, "the bytes that it wrote to storage"),
    Field("lease", INTEGER, "the token of the run that is going on"),
)
"""All fields, in the order of JSON and of the manual."""

BY_NAME: Final = MappingProxyType({name: field for field in FIELDS for name in (field.name, *field.aliases)})


def find(name: str, among: Callable[[Field], bool] = lambda _: True) -> Field:
    """The field of a name or an alias; raises UsageError that lists what there is."""
    field = BY_NAME.get(name)
    if field is None or not among(field):
        known = [each.name for each in FIELDS if among(each)]
        raise UsageError(f"no such field here: {name!r} ({hint(name, known)})")
    return field


def hint(name: str, known: Iterable[str]) -> str:
    """For who wrote a name that is none: those that are close, and where all are told."""
    from difflib import get_close_matches

    close = get_close_matches(name.lower(), list(known), 3)
    return (f"did you mean {' or '.join(close)}? " if close else "") + "`aque help fields` lists them"


def parse_names(text: str) -> tuple[Field, ...]:
    """Fields that can be shown, from their names with commas between; raises UsageError."""
    return tuple(find(name.strip(), lambda field: field.is_listed) for name in text.split(","))
