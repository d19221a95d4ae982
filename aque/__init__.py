"""aque: a work queue for shell commands and Python functions, on one machine or a farm.

    import aque

    queue = aque.Queue()                      # $AQUE_BROKER, or a private PostgreSQL that starts by itself
    future = queue.submit(pow, 2, 10)         # a concurrent.futures.Executor
    print(future.result())                    # runs in a worker: `aque worker`

Names are imported when they are first used, so that `import aque` costs nothing inside a task.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .core.errors import (
    AqueError,
    BrokerError,
    BrokerFull,
    BrokerUnavailable,
    DecodeError,
    DependencyFailedError,
    DependencyResolutionError,
    EncodeError,
    IllegalMove,
    MemoryExceeded,
    PatternMissingError,
    PermissionDenied,
    SchemaError,
    TaskError,
    TaskKilled,
    TaskLost,
    TaskNotFound,
    UsageError,
)
from .core.version import __version__

if TYPE_CHECKING:
    from .core import errors, states
    from .core.broker import Broker, get_broker
    from .core.child.codec import Reference
    from .core.context import current_task, progress
    from .core.execute import execute
    from .core.futures import Future
    from .core.patterns import Pattern
    from .core.queue import Queue, current_broker
    from .core.states import State
    from .core.task import Prototype, result_of, stdout_of
    from .core.worker import Worker

_HOMES = {
    "Broker": "broker",
    "Future": "futures",
    "Pattern": "patterns",
    "Prototype": "task",
    "Queue": "queue",
    "Reference": "child.codec",
    "State": "states",
    "Worker": "worker",
    "current_broker": "queue",
    "current_task": "context",
    "errors": "",
    "execute": "execute",
    "get_broker": "broker",
    "progress": "context",
    "result_of": "task",
    "states": "",
    "stdout_of": "task",
}

__all__ = [
    "AqueError",
    "Broker",
    "BrokerError",
    "BrokerFull",
    "BrokerUnavailable",
    "DecodeError",
    "DependencyFailedError",
    "DependencyResolutionError",
    "EncodeError",
    "Future",
    "IllegalMove",
    "MemoryExceeded",
    "Pattern",
    "PatternMissingError",
    "PermissionDenied",
    "Prototype",
    "Queue",
    "Reference",
    "SchemaError",
    "State",
    "TaskError",
    "TaskKilled",
    "TaskLost",
    "TaskNotFound",
    "UsageError",
    "Worker",
    "__version__",
    "current_broker",
    "current_task",
    "errors",
    "execute",
    "get_broker",
    "progress",
    "result_of",
    "states",
    "stdout_of",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'aque' has no attribute {name!r}")
    home = _HOMES[name]
    if not home:
        return importlib.import_module(f"aque.core.{name}")
    return getattr(importlib.import_module(f"aque.core.{home}"), name)


def __dir__() -> list[str]:
    return __all__
