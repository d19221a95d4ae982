"""What wakes the runner beside its descriptors: the ends of its children, and signals that are not for it."""

import os
import selectors
import signal
from typing import Any

# Terminals and service managers signal us along with the worker, which is the one to decide.
WORKERS_OWN = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def wake_on_children(selector: selectors.BaseSelector) -> int:
    """Have the selector wake at the end of any child; the descriptor to empty."""
    ours, theirs = os.pipe()
    os.set_blocking(ours, False)
    os.set_blocking(theirs, False)
    signal.set_wakeup_fd(theirs, warn_on_full_buffer=False)
    # Handlers, not SIG_IGN: a task would inherit what is ignored.
    for number in (signal.SIGCHLD, *WORKERS_OWN):
        signal.signal(number, _nothing)
    selector.register(ours, selectors.EVENT_READ, None)
    return ours


def _nothing(_number: int, _frame: Any) -> None:
    """Let the system call be interrupted, no more."""
