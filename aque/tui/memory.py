"""What the screen keeps from one day to the next: the columns, the theme, and named views."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import platformdirs

from ..core.errors import AqueError, UsageError


@dataclass(frozen=True, slots=True)
class Look:
    """A filter and an order, as texts, and columns, by name."""

    filter: str
    sort: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    columns: tuple[str, ...] = ()
    theme: str = ""
    views: Mapping[str, Look] = field(default_factory=dict)


class Memory:
    """Kept in a file, or for this session only where there is none."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._kept = _Kept() if path is None else _read(path)

    @classmethod
    def of_user(cls) -> Memory:
        """That of the user of this process."""
        return cls(platformdirs.user_state_path("aque") / "top.json")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that were chosen; empty where none were."""
        return self._kept.columns

    @property
    def theme(self) -> str:
        """The theme that was chosen; empty where none was."""
        return self._kept.theme

    @property
    def views(self) -> Mapping[str, Look]:
        """The views by name."""
        return self._kept.views

    def view(self, name: str) -> Look:
        """A view; raises UsageError where there is none of this name."""
        try:
            return self.views[name]
        except KeyError:
            raise UsageError(f"no such view: {name!r} (known: {', '.join(self.views) or 'none'})") from None

    def keep_columns(self, columns: Iterable[str]) -> None:
        """Keep a choice; raises AqueError where it cannot be written."""
        self._keep(replace(self._kept, columns=tuple(columns)))

    def keep_theme(self, name: str) -> None:
        """Keep a choice; raises AqueError where it cannot be written."""
        self._keep(replace(self._kept, theme=name))

    def keep_view(self, name: str, look: Look) -> None:
        """Keep a view, in place of one of this name; raises AqueError where it cannot be written."""
        self._keep(replace(self._kept, views={**self.views, name: look}))

    def _keep(self, kept: _Kept) -> None:
        self._kept = kept
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
            fresh.write_text(json.dumps(asdict(kept), indent=2), "utf-8")
            fresh.replace(self._path)
        except OSError as error:
            raise AqueError(f"it holds for this session only: cannot write {self._path}: {error.strerror}") from None


def _read(path: Path) -> _Kept:
    """What a file says; what makes no sense in it is nothing to stop for."""
    try:
        found = json.loads(path.read_text("utf-8"))
        views = {str(name): _look(told) for name, told in found.get("views", {}).items()}
        return _Kept(tuple(map(str, found.get("columns", ()))), str(found.get("theme", "")), views)
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return _Kept()


def _look(told: Any) -> Look:
    return Look(str(told["filter"]), str(told["sort"]), tuple(map(str, told["columns"])))
