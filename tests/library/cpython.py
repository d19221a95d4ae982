"""Where CPython's own tests of executors are, and their classes made into tests of a queue."""

from __future__ import annotations

import atexit
import importlib
import importlib.util
import inspect
import os
import pkgutil
import sys
import sysconfig
import tempfile
import unittest
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from .cases import applies

NAME = "test_concurrent_futures"


@cache
def modules() -> tuple[ModuleType, ...]:
    """The modules of CPython's tests; none where this interpreter was installed without them."""
    place = _place()
    if place is None:
        return ()
    try:
        whole = importlib.import_module(place)
    except unittest.SkipTest:
        return ()
    parts = pkgutil.iter_modules(getattr(whole, "__path__", ()), f"{place}.")
    return (whole, *(importlib.import_module(part.name) for part in parts if _is_of_all(part.name)))


def _is_of_all(name: str) -> bool:
    return not name.endswith(("interpreter_pool", "__main__"))  # about subinterpreters, in threads of this process


def _place() -> str | None:
    """As what they are to be imported: of this interpreter, or from a file beside it, as Debian packs them."""
    for name in (f"test.{NAME}", NAME):
        if _is_there(name):
            return name
    debian = f"/usr/lib/python{sysconfig.get_python_version()}/test"
    packed = Path(os.environ.get("AQUE_CPYTHON_TESTS") or debian, f"{NAME}.py")
    if not packed.exists():
        return None
    _add_to_path(packed)
    return NAME


def _is_there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _add_to_path(file: Path) -> None:
    """Let this process and its tasks import a module whose folder has much else."""
    folder = tempfile.TemporaryDirectory(prefix="aque-cpython-")
    atexit.register(folder.cleanup)
    Path(folder.name, file.name).symlink_to(file)
    sys.path.append(folder.name)


def classes() -> Iterator[tuple[str, type]]:
    """The classes with cases, each with its name, where they are defined."""
    for module in modules():
        for name, found in inspect.getmembers(module, inspect.isclass):
            if found.__module__ == module.__name__ and cases(found):
                yield name, found


def cases(found: type) -> frozenset[str]:
    """The cases that a class itself defines."""
    return frozenset(name for name, value in vars(found).items() if name.startswith("test") and callable(value))


def named(name: str) -> Any:
    """What CPython's tests call so."""
    return next(vars(module)[name] for module in modules() if name in vars(module))


def adapted(name: str, *before: type, **parts: Any) -> type[unittest.TestCase]:
    """A class of CPython's as tests of a queue: with the cases that apply, and no others."""
    base, kept = named(name), applies(name)
    hidden = {case: None for kind in base.__mro__ for case in cases(kind) if case not in kept}
    home = sys.modules[base.__module__]
    bases = () if issubclass(base, unittest.TestCase) else (named("ExecutorMixin"), unittest.TestCase)
    return type(f"Queue{name}", (*before, base, *bases), {**hidden, **parts, "home": home})
