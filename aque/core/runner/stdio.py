"""The files a task starts with."""

import os
import stat
from pathlib import Path

from .job import Job, TaskError


class Files:
    """Descriptors opened for one start: the task's ends, and our ends of its pipes."""

    def __init__(self) -> None:
        """Start with none."""
        self.theirs: list[int] = []
        self.pipes: dict[int, int] = {}

    def own(self, descriptor: int) -> int:
        """Remember a descriptor that is only for the task."""
        self.theirs.append(descriptor)
        return descriptor

    def pipe(self, stream: int) -> int:
        """A pipe from the task; its writing end."""
        ours, theirs = os.pipe()
        os.set_blocking(ours, False)
        self.pipes[ours] = stream
        return self.own(theirs)

    def release(self) -> None:
        """Close the task's ends."""
        while self.theirs:
            os.close(self.theirs.pop())

    def abandon(self) -> None:
        """Close everything: the task did not start."""
        self.release()
        while self.pipes:
            os.close(self.pipes.popitem()[0])


def holding(data: bytes) -> int:
    """A descriptor of a file without a name that holds these bytes, at its start."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("aque")
    else:
        import tempfile

        descriptor, name = tempfile.mkstemp(prefix="aque-")
        Path(name).unlink()
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def open_stdin(files: Files, job: Job, base: str) -> int:
    """Standard input: bytes of the message, a file, or nothing."""
    size, path = job.order.get("stdin_size"), job.order.get("stdin")
    if size is not None:
        return files.own(holding(job.body[:size]))
    if path is None:
        return files.own(os.open(os.devnull, os.O_RDONLY))
    try:
        # Non-blocking for the opening alone: a FIFO that nobody writes must not stop the runner.
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY
        descriptor = files.own(os.open(Path(base, path), flags))
    except OSError as error:
        raise TaskError("stdin", f"{path}: {error.strerror}") from None
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        raise TaskError("stdin", f"{path}: Is a directory")
    os.set_blocking(descriptor, True)
    return descriptor


def open_outputs(files: Files, job: Job, base: str) -> list[int]:
    """Standard output and error: files, or pipes to us; the same file is opened once."""
    opened: dict[Path, int] = {}
    descriptors = []
    for stream, name in ((1, "stdout"), (2, "stderr")):
        path = job.order.get(name)
        if path is None:
            descriptors.append(files.pipe(stream))
            continue
        try:
            real = Path(base, path).resolve()
        except OSError as error:
            raise TaskError(name, f"{path}: {error.strerror}") from None
        if real not in opened:
            opened[real] = _create(files, name, Path(base, path))
        descriptors.append(opened[real])
    return descriptors


def _create(files: Files, name: str, path: Path) -> int:
    """Open a file to write, empty."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK | os.O_NOCTTY
    try:
        descriptor = files.own(os.open(path, flags, 0o666))
    except OSError as error:
        raise TaskError(name, f"{path}: {error.strerror}") from None
    os.set_blocking(descriptor, True)
    return descriptor
