"""Starts a Python task: `INTERPRETER boot.py`, with nothing of aque's on the way of the task's own imports."""

from __future__ import annotations

import importlib.util
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _load() -> Any:
    """The package of this folder, under a name of its own: the folder never gets onto sys.path."""
    folder = os.path.dirname(os.path.abspath(__file__))
    spec = importlib.util.spec_from_file_location(
        "_aque_child", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["_aque_child"] = module
    spec.loader.exec_module(module)
    return importlib.import_module("_aque_child.main")


if __name__ == "__main__":
    sys.path[0] = os.getcwd()
    extra = os.environ.pop("AQUE_SYS_PATH", "").split(os.pathsep)
    sys.path += [path for path in extra if path and path not in sys.path]
    main = _load().main
    for name in ("_load", "extra", "importlib", "os", "__file__"):
        globals().pop(name, None)
    main()
