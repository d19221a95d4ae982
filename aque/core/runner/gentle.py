"""Signals that are not meant to end a task."""

import signal

GENTLE = frozenset(
    {0, signal.SIGSTOP, signal.SIGTSTP, signal.SIGCONT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH, signal.SIGURG}
)
