"""One tree of errors, each with the exit status of a command that meets it.

AqueError                          1
├── UsageError                     2   what was asked makes no sense as it stands
│   ├── DependencyResolutionError  2   a cycle, or a dependency that is no task
│   ├── FilterError                2   a filter that cannot be read; stands in aque.core.filter
│   └── PatternMissingError        2   no such pattern
├── EncodeError                    2   a value that cannot be stored
├── DecodeError                    1   a stored value that cannot be read here
├── TaskNotFound                   4   no task of this id
├── QueueNotFound                  4   no task, no worker and no earlier word has named this queue
├── EventNotFound                  4   no act of this number in the audit trail
├── IllegalMove                    1   a task cannot go from its state to that one
├── CannotUndo                     1   an act that cannot be taken back
├── PermissionDenied               1   this role may not do that on a shared server
├── BrokerError                    3   the broker refused or failed
│   ├── BrokerUnavailable          3   it cannot be reached
│   ├── BrokerFull                 3   its disk is full
│   └── SchemaError                3   its schema is missing, or newer than this program
└── TaskError                      1   a task did not end well; the errors of its future
    ├── DependencyFailedError      1   it did not run, because what it needed failed
    ├── MemoryExceeded             1   it used more memory than it asked for
    ├── TaskKilled                 1   it was stopped by a signal
    └── TaskLost                   1   its worker died with it, too often
"""

from __future__ import annotations

from typing import Final

from .child.errors import AqueError, DecodeError, EncodeError

__all__ = [
    "AqueError",
    "BrokerError",
    "BrokerFull",
    "BrokerUnavailable",
    "CannotUndo",
    "DecodeError",
    "DependencyFailedError",
    "DependencyResolutionError",
    "EncodeError",
    "EventNotFound",
    "IllegalMove",
    "MemoryExceeded",
    "PatternMissingError",
    "PermissionDenied",
    "QueueNotFound",
    "SchemaError",
    "TaskError",
    "TaskKilled",
    "TaskLost",
    "TaskNotFound",
    "UsageError",
]


EXITS: Final = {
    0: "done",
    1: "a task failed, or nothing matched",
    2: "the command was called wrongly",
    3: "the broker cannot be reached",
    4: "no such task, or event; nothing was done",
    130: "interrupted by Ctrl-C; tasks go on",
}
"""The exit statuses of commands."""


class UsageError(AqueError, ValueError):
    """What was asked for makes no sense as it stands."""

    exit_code = 2


class DependencyResolutionError(UsageError):
    """The dependencies form a cycle, or name a task that is not there."""


class PatternMissingError(UsageError):
    """No pattern of this name is built in or installed."""


class TaskNotFound(AqueError, LookupError):
    """No task has this id."""

    exit_code = 4


class QueueNotFound(AqueError, LookupError):
    """Nothing is known of a queue of this name."""

    exit_code = 4


class EventNotFound(AqueError, LookupError):
    """The audit trail has no act of this number."""

    exit_code = 4


class IllegalMove(AqueError):
    """A task cannot go from its state to the one that was asked for."""


class CannotUndo(AqueError):
    """What was done cannot be taken back.

    `rather`: the number of an act before it that can be; `is_own`: it was looked for among this user's alone. How to
    ask for either is for faces to say.
    """

    def __init__(self, message: str, *, rather: int | None = None, is_own: bool = False) -> None:
        super().__init__(message)
        self.rather = rather
        self.is_own = is_own


class PermissionDenied(AqueError):
    """On a shared server: this role may not do what was asked for. Nothing of it was done."""


class BrokerError(AqueError):
    """The broker refused or failed."""

    exit_code = 3


class BrokerUnavailable(BrokerError):
    """The broker cannot be reached, or not in time."""


class BrokerFull(BrokerError):
    """The broker's disk is full: nothing more can be stored."""


class SchemaError(BrokerError):
    """The broker's schema is missing, or newer than this program knows."""


class TaskError(AqueError):
    """A task ended without success.

    Raised by its future where the task itself left no exception of its own: a command that failed, for instance.
    """


class DependencyFailedError(TaskError):
    """A task did not run, because a task that it needed did not succeed."""


class MemoryExceeded(TaskError):
    """A task was ended because it used more memory than it asked for, by a worker that enforces it."""


class TaskKilled(TaskError):
    """A task was stopped by a signal."""


class TaskLost(TaskError):
    """A task's worker died with it more often than is allowed."""
