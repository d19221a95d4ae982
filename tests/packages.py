"""Packages that are installed for the while of a test, as pip would leave them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from aque.core import patterns


@contextmanager
def install(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, source: str, points: Mapping[str, Mapping[str, str]]
) -> Iterator[Path]:
    """A folder on sys.path with a module of one file, and the metadata that tells its entry points."""
    (folder / f"{name}.py").write_text(source)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    groups = (f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in of.items()) for group, of in points.items())
    (info / "entry_points.txt").write_text("\n".join(groups))
    with monkeypatch.context() as patch:
        patch.syspath_prepend(folder)
        _forget()
        yield folder
    sys.modules.pop(name, None)
    _forget()


def _forget() -> None:
    for known in (patterns.find, patterns.installed, patterns._submitted):
        known.cache_clear()
