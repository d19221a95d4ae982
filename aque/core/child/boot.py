"""Starts a Python task: `INTERPRETER boot.py`, with nothing of aque's on the way of the task's own imports.

`INTERPRETER boot.py SOCKET PARENT` starts a warm interpreter, which forks a process for each task that it is sent.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _load(folder: str, name: str) -> Any:
    """A module of this folder, in a package of its own name: the folder never gets onto sys.path."""
    import importlib.util

    spec = importlib.util.spec_from_file_location(
        "_aque_child", folder + "/__init__.py", submodule_search_locations=[folder]
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["_aque_child"] = module
    spec.loader.exec_module(module)
    return importlib.import_module("_aque_child." + name)


if __name__ == "__main__":
    _folder = __file__.rpartition("/")[0]
    if sys.path[:1] == [_folder]:  # not so with PYTHONSAFEPATH
        del sys.path[0]
    if sys.argv[1:]:
        _load(_folder, "zygote").serve(*map(int, sys.argv[1:]))
    else:
        _load(_folder, "main").main()
