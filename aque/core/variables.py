"""The variables of the environment that aque reads, and those that it gives to tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Variable:
    """One variable, and what holds where it is not set."""

    name: str
    meaning: str
    default: str = ""


VARIABLES: Final = (
    Variable("AQUE_BROKER", "the broker: postgresql://host/database, embedded: or embedded:/path", "embedded:"),
    Variable(
        "AQUE_HOME",
        "where the embedded server of `embedded:` lives",
        "~/.local/share/aque/broker; for root /var/lib/aque/broker",
    ),
    Variable("AQUE_LINGER", "how long an embedded server stays without users; it counts when that starts", "10m"),
    Variable("AQUE_PG_BIN", "the folder of PostgreSQL's programs for an embedded server", "those that are found"),
    Variable("AQUE_SERVER_USER", "the account that runs the embedded server of root", "root, in a user namespace"),
    Variable("AQUE_LOG", "what workers log: a level, a format (text, json), or both: info,json", "warning,text"),
    Variable("AQUE_IO_ORDER", "1 or 0: whether a worker heeds how well it reaches the files of tasks", "1"),
    Variable("AQUE_PICKLE", "0: no value is pickled or unpickled", "1"),
    Variable("NO_COLOR", "with any value: no colours", ""),
    Variable("XDG_CONFIG_HOME", "the folder of aque/config.toml", "~/.config"),
    Variable("XDG_DATA_HOME", "the folder of aque/broker, the embedded server of who is not root", "~/.local/share"),
    Variable("XDG_STATE_HOME", "the folder of aque/: daemons' pids and logs, what the screen keeps", "~/.local/state"),
)
"""What aque reads."""

IN_TASKS: Final = (
    Variable("AQUE_TASK_ID", "the id of the task"),
    Variable("AQUE_PROGRESS_FD", "the descriptor to which a command writes how far it is, if it names this variable"),
    Variable("AQUE_WORKER_MARK", "the mark of the worker: by it what a dead worker left is found"),
    Variable("AQUE_SYS_PATH", "where the submitter of a function imported from; taken away before the function runs"),
    Variable("AQUE_INPUT_FD", "how a new interpreter gets its function; taken away before the function runs"),
    Variable("AQUE_MESSAGE_FD", "how it tells what became of it; taken away before the function runs"),
    Variable("AQUE_TASK", "in a hook: the id of the task that ended"),
    Variable("AQUE_NAME", "in a hook: the name of that task"),
    Variable("AQUE_STATE", "in a hook: the state in which it ended"),
    Variable("AQUE_EXIT_CODE", "in a hook: its exit status; empty where it has none"),
    Variable("AQUE_SIGNAL", "in a hook: the signal that ended it; empty where none did"),
    Variable("AQUE_ERROR", "in a hook: its error in one line; empty where it has none"),
)
"""What the processes of tasks are given."""
