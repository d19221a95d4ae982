"""The warm interpreters: which one serves a task, and when one is started or let go."""

import json
import os
import selectors
import sys
import time
from collections.abc import Sequence
from typing import Any

from .frames import ENCODE
from .identity import Identity
from .job import Job, TaskError
from .processes import can_watch
from .spawn import MESSAGES, Plan, opening
from .stdio import Files, holding
from .zygote import Zygote

LIMIT = 8  # idle ones that are kept
AT_ONCE = 32 * 1024  # bytes that go in one packet
COLD_FOR = 60.0  # seconds until an interpreter that could not be forked from is tried again
# What counts when an interpreter starts: its own variables, the dynamic loader's, the allocator's, the locale's, and
# where its user's packages are. All others are the task's own, and are set in its process.
PREFIXES = ("PYTHON", "LD_", "LC_", "MALLOC_", "GLIBC_", "COV_", "COVERAGE_")
NAMES = {"HOME", "LANG", "LANGUAGE", "TZ"}
# Symbols are found before the first fork, which would else find each anew. With the environment of tasks it is gone.
_BOUND = {"LD_BIND_NOW": "1"}
ELF = b"\x7fELF"

Key = tuple[Any, ...]


class Warm:
    """All warm interpreters of a runner, by what must be the same for the tasks that one serves."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        """Start with none; each is watched by the selector, with itself as the data."""
        self._selector = selector
        self._can_watch = can_watch()
        self._serving: dict[Key, Zygote] = {}
        self._all: dict[int, Zygote] = {}
        self._cold: dict[Key, float] = {}
        self._keys: dict[Zygote, Key] = {}
        self._counted: tuple[dict[str, str] | None, Key] = (None, ())
        self._programs: dict[str, tuple[Any, bool]] = {}

    @property
    def pids(self) -> set[int]:
        """The processes of the warm interpreters themselves."""
        return set(self._all)

    def fork(self, job: Job, planned: Plan, files: Files, more: Sequence[int] = ()) -> Zygote | None:
        """Order a task's process from a warm interpreter; None where it is to be started as a new program.

        With `more` descriptors it is a process for many tasks.
        """
        key = self._key(planned) if self._can_watch and job.order.get("warm") else None
        zygote = (self._serving.get(key) or self._start(key, planned)) if key else None
        if zygote is None:
            return None
        if zygote.environ is not planned.environ:
            zygote.teach(planned.environ, files.own(_environment(planned)))
        word, told = b"share " if more else b"fork ", _told(job, planned)
        descriptors = [*planned.stdio, files.pipe(MESSAGES), *more]
        if len(told) > AT_ONCE:
            descriptors.append(files.own(holding(told)))
            told = b""
        return zygote if zygote.fork(job, word + told, descriptors) else None

    def get(self, pid: int) -> Zygote | None:
        """The warm interpreter of a process."""
        return self._all.get(pid)

    def retire(self, zygote: Zygote, *, is_unfit: bool = False) -> None:
        """Give a warm interpreter no more tasks, and let it go as soon as none depends on it."""
        key = self._keys[zygote]
        if self._serving.get(key) is zygote:
            del self._serving[key]
        if is_unfit:
            self._cold[key] = time.monotonic() + COLD_FOR
        if not zygote.is_busy:
            self._hang_up(zygote)

    def settle(self, zygote: Zygote) -> None:
        """Let go of one that serves nobody any more, or has hung up."""
        if zygote.is_over:
            self.retire(zygote, is_unfit=not zygote.is_ready)
            self._hang_up(zygote)
        elif not zygote.is_busy and self._serving.get(self._keys[zygote]) is not zygote:
            self._hang_up(zygote)

    def bury(self, zygote: Zygote) -> None:
        """Forget a warm interpreter that has ended."""
        del self._all[zygote.pid]
        self.retire(zygote, is_unfit=not zygote.is_ready)
        self._hang_up(zygote)
        del self._keys[zygote]

    def _start(self, key: Key, planned: Plan) -> Zygote | None:
        if self._cold.get(key, 0.0) > time.monotonic():
            return None
        self._make_room()
        with opening() as files:
            # Streams as most tasks have them, which they take over as they are.
            nothing = files.own(os.open(os.devnull, os.O_RDONLY))
            stdio = (nothing, files.own(_dead_end()), files.own(_dead_end()))
            bare = planned._replace(environ={**_BOUND, **dict(key[-1])}, extra={}, cwd="/", stdio=stdio)
            try:
                zygote = Zygote(bare, is_strange=planned.identity is not None)
            except TaskError:
                return None
        self._serving[key] = self._all[zygote.pid] = zygote
        self._keys[zygote] = key
        self._selector.register(zygote, selectors.EVENT_READ, zygote)
        return zygote

    def _make_room(self) -> None:
        """Let the one go that has been idle for longest."""
        idle = [zygote for zygote in self._serving.values() if not zygote.is_busy]
        if len(idle) >= LIMIT:
            self.retire(min(idle, key=lambda zygote: zygote.used_at))

    def _hang_up(self, zygote: Zygote) -> None:
        if zygote.fileno() >= 0:
            self._selector.unregister(zygote)
            zygote.close()

    def _key(self, planned: Plan) -> Key | None:
        """What tasks must have in common; None where a warm interpreter would not be what a fresh one is."""
        if not os.path.isabs(planned.argv[0]):  # noqa: PTH117
            return None  # what it takes for its own folder depends on where it is started
        stamp = self._stamp(planned.program)
        if stamp is None:
            return None
        return planned.program, stamp, _frozen(planned.identity), self._what_counts(planned.environ)

    def _what_counts(self, environ: dict[str, str]) -> Key:
        """The variables that count; tasks in a row most often have one environment."""
        if self._counted[0] is not environ:
            counts = {name: value for name, value in environ.items() if name in NAMES or name.startswith(PREFIXES)}
            self._counted = environ, tuple(sorted(counts.items()))
        return self._counted[1]

    def _stamp(self, program: str) -> Any:
        """What tells a program from the one that replaces it; None for a script, which may look at anything."""
        status = os.stat(program)  # noqa: PTH116
        stamp = (status.st_ino, status.st_mtime_ns)
        known, is_binary = self._programs.get(program, (None, False))
        if known != stamp:
            is_binary = _is_binary(program)
            self._programs[program] = stamp, is_binary
        return stamp if is_binary else None


def _is_binary(program: str) -> bool:
    try:
        with open(program, "rb") as file:  # noqa: PTH123
            return file.read(len(ELF)) == ELF
    except OSError:
        return False


def _frozen(identity: Identity | None) -> Any:
    return identity and (identity.user, identity.group, tuple(identity.groups))


def _dead_end() -> int:
    """A pipe that nobody reads."""
    ours, theirs = os.pipe()
    os.close(ours)
    return theirs


def _told(job: Job, planned: Plan) -> bytes:
    """What a process is told: what is its own of its surroundings, and its input."""
    order = {
        "set": planned.extra,
        "cwd": planned.cwd,
        "encoding": sys.getfilesystemencoding(),
        "secret": job.order.get("secret"),
        "memory": job.memory,
        "reopen": any(job.order.get(each) is not None for each in ("stdin", "stdin_size", "stdout", "stderr")),
    }
    start = job.order.get("stdin_size") or 0
    told = job.body[start : start + job.order["input_size"]] or b"null"
    return b'%s,"told":%s}' % (ENCODE(order).encode("ascii")[:-1], told)


def _environment(planned: Plan) -> int:
    return holding(json.dumps({"environ": planned.environ, "encoding": sys.getfilesystemencoding()}).encode())
