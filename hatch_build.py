"""The manual pages of a wheel: written from the help of the commands, for the place where man(1) looks for them."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManualPages(BuildHookInterface[Any]):
    """Adds `share/man/man1` to a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before files are gathered. What is only installed in place goes without."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        folder = Path(self.directory) / "man1"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in runpy.run_path(str(Path(self.root) / "docs" / "render_man.py"))["pages"]().items():
            (folder / name).write_text(text, "utf-8")
            build_data["shared_data"][str(folder / name)] = f"share/man/man1/{name}"
