"""The start of one task."""

import errno
import functools
import os
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from .identity import Identity, acting_as, resolve
from .job import Job, TaskError
from .progress import NAME, is_wanted, lent
from .stdio import Files, holding, open_outputs, open_stdin

MESSAGES, PROGRESS = 3, 4
_EFFECTIVE = os.access in os.supports_effective_ids
SHELL = "/bin/sh"
EXEC_KINDS = {errno.E2BIG: "too_long", errno.ENOENT: "not_found", errno.EACCES: "not_executable"}
EXEC_KINDS |= {errno.ENOEXEC: "not_executable", errno.EPERM: "not_executable", errno.ENOTDIR: "not_executable"}
NOT_THE_COMMAND = {errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE}


class Plan(NamedTuple):
    """What a start takes; `extra` is set beside the environment."""

    argv: list[str]
    program: str
    environ: dict[str, str]
    extra: dict[str, str]
    cwd: str | None
    stdio: tuple[int, int, int]
    identity: Identity | None


def plan(job: Job, environ: dict[str, str], files: Files) -> Plan:
    """Look at all that a start needs, and open its files. TaskError where something is amiss."""
    identity = resolve(job.order.get("user"), job.order.get("group"))
    extra = _extra(job)
    argv = job.order["argv"]
    with acting_as(identity):
        cwd = _directory(job.order.get("cwd"))
        base = cwd or str(Path.cwd())
        program = find_program(argv[0], extra.get("PATH", environ.get("PATH", os.defpath)), base)
        stdin = open_stdin(files, job, base)
        stdout, stderr = open_outputs(files, job, base)
    return Plan(argv, program, environ, extra, cwd, (stdin, stdout, stderr), identity)


def spawn(job: Job, planned: Plan, files: Files) -> int:
    """Start a task as a new program; its process. TaskError when it cannot be."""
    if passed := _talk(job, planned.extra, files):
        return start(planned, passed)
    if not is_wanted(planned.argv, planned.environ):
        return start(planned, [])
    with lent(files.pipe(PROGRESS)) as number:
        planned.extra[NAME] = str(number)
        return start(planned, [number])


@contextmanager
def opening() -> Iterator[Files]:
    """The files of a start: the task's ends are closed after it, and ours too if it fails. TaskError when it does."""
    files = Files()
    try:
        yield files
    except TaskError:
        files.abandon()
        raise
    except Exception as error:  # whatever is wrong with one task is no reason to end all others
        files.abandon()
        raise TaskError("spawn", str(error) or type(error).__name__) from None
    finally:
        files.release()


def _extra(job: Job) -> dict[str, str]:
    """What is set beside a task's environment, and where it stands."""
    extra = dict(job.order.get("set") or {})
    if job.order.get("cwd") is not None:
        extra["PWD"] = str(job.order["cwd"])
    return extra


def _directory(cwd: str | None) -> str | None:
    """The working directory, which must be one that can be entered."""
    if cwd is None:
        return None
    try:
        mode = os.stat(cwd).st_mode  # noqa: PTH116
    except OSError as error:
        raise TaskError("cwd", f"{cwd}: {error.strerror}") from None
    if not stat.S_ISDIR(mode):
        raise TaskError("cwd", f"{cwd}: Not a directory")
    if not os.access(cwd, os.X_OK, effective_ids=_EFFECTIVE):
        raise TaskError("cwd", f"{cwd}: Permission denied")
    return cwd


@functools.lru_cache
def _plain(path: str) -> str:
    """A path with nothing in it that leads nowhere else."""
    return str(Path(path))


def _may_run(path: str) -> bool:
    """Whether it is a file that can be run. Most that are looked at are not there, of which this makes no exception."""
    return os.access(path, os.X_OK, effective_ids=_EFFECTIVE) and os.path.isfile(path)  # noqa: PTH113


def _refusal(path: str, *, is_path: bool) -> int:
    """The error number of why it cannot be run; 0: there is nothing that anybody meant. `is_path`: not looked up."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116
    except OSError as error:
        is_absent = error.errno == errno.ENOENT or (error.errno == errno.ENOTDIR and not is_path)
        return 0 if is_absent else error.errno or 0
    return errno.EACCES if stat.S_ISREG(mode) or is_path else 0


def find_program(name: str, search: str, base: str) -> str:
    """The file of a command, looked up as a shell standing in `base` would."""
    is_path = "/" in name
    folders = [""] if is_path else search.split(":")
    plain = _plain(name) if is_path else name
    candidates = [os.path.join(base, folder, plain) for folder in folders if name]  # noqa: PTH118  # of strings: this is done for each task
    if found := next(filter(_may_run, candidates), None):
        return found
    for candidate in candidates:
        if why := _refusal(candidate, is_path=is_path):
            raise TaskError("not_executable", f"{candidate}: {os.strerror(why)}")
    raise TaskError("not_found", f"{name}: command not found")


def _talk(job: Job, extra: dict[str, str], files: Files) -> list[int]:
    """The input and the message pipe of a task that has them."""
    size = job.order.get("input_size")
    if size is None:
        return []
    start = job.order.get("stdin_size") or 0
    passed = [files.own(holding(job.body[start : start + size])), files.pipe(MESSAGES)]
    extra["AQUE_INPUT_FD"], extra["AQUE_MESSAGE_FD"] = map(str, passed)
    return passed


def start(planned: Plan, passed: list[int]) -> int:
    """Start a process, as the leader of a session of its own. TaskError when it cannot be."""
    try:
        return _start(planned, passed)
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise _explain(error, planned.program) from None
    # A script that names no interpreter is the shell's, as it is for execvp().
    by_shell = planned._replace(argv=[SHELL, planned.program, *planned.argv[1:]], program=SHELL)
    try:
        return _start(by_shell, passed)
    except OSError as error:
        raise _explain(error, SHELL) from None


def _start(planned: Plan, passed: list[int]) -> int:
    identity, stdio = planned.identity, planned.stdio
    process = subprocess.Popen(
        planned.argv,
        executable=planned.program,
        cwd=planned.cwd,
        env={**planned.environ, **planned.extra},
        stdin=stdio[0],
        stdout=stdio[1],
        stderr=stdio[2],
        pass_fds=passed,
        start_new_session=True,
        user=identity.user if identity else None,
        group=identity.group if identity else None,
        extra_groups=identity.groups if identity else None,
    )
    # The event loop reaps; a Popen that thinks so too would take the status away from it.
    process.returncode = 0
    return process.pid


def _explain(error: OSError, program: str) -> TaskError:
    """Say what of the start failed."""
    number = error.errno or 0
    if number in NOT_THE_COMMAND:
        return TaskError("spawn", error.strerror or str(error))
    if number != errno.E2BIG and error.filename is not None and str(error.filename) != program:
        return TaskError("cwd", f"{error.filename}: {error.strerror}")
    return TaskError(EXEC_KINDS.get(number, "spawn"), f"{program}: {error.strerror}")
