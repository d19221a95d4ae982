"""Where functions of tasks are imported from."""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from collections.abc import Iterable
from functools import cache


def extra_path() -> str:
    """Where this process finds modules that its interpreter alone would not find: the script's folder, for instance.

    The interpreter's own folders stay out: a task's may be of another version.
    """
    return _extra(tuple(sys.path))


@cache
def _extra(path: tuple[str, ...]) -> str:
    own = [*site.getsitepackages(), site.getusersitepackages(), *map(sysconfig.get_path, ("stdlib", "platstdlib"))]
    folders = dict.fromkeys(os.path.abspath(each) for each in path)  # noqa: PTH100
    return os.pathsep.join(each for each in folders if os.path.isdir(each) and not _is_below(each, own))  # noqa: PTH112


def _is_below(folder: str, others: Iterable[str]) -> bool:
    return any(f"{folder}/".startswith(f"{each}/") for each in others)
