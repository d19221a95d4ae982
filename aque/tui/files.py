"""New files that a user names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ..core.errors import AqueError, UsageError


def check_new(text: str) -> None:
    """Raises UsageError for what is no name of a new file."""
    path = Path(text).expanduser()
    if path.exists():
        raise UsageError(f"{path} is there already")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"no such folder: {path.absolute().parent}")


@contextmanager
def new_file(path: Path, mode: str, **how: Any) -> Iterator[IO[Any]]:
    """A file to write, opened as `open` does in a mode with x; it is there whole or not at all.

    Until then it has another name beside it; where somebody else writes under that, theirs is left alone. Raises
    AqueError where it cannot be.
    """
    fresh = path.with_name(f".{path.name}.part")
    try:
        with fresh.open(mode, **how) as file:
            try:
                yield file
                file.close()
                fresh.rename(path)
            except BaseException:
                fresh.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise AqueError(f"cannot write {error.filename or path}: {error.strerror}") from None
