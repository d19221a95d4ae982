"""Callables and classes by name: `pkg.mod:Class.method`, or `/abs/script.py:func` for a script's own."""

# pathlib costs more to import than all else that a child needs
from __future__ import annotations

import importlib
import os
import sys
from types import ModuleType
from typing import Any

from .errors import DecodeError, EncodeError

PUBLIC_PACKAGE = "aque.core.child"
SCRIPT_MODULE = "__aque_main__"
_OWN_PACKAGE = __name__.rpartition(".")[0]
_MAIN_MODULES = ("__main__", "__mp_main__")
_scripts: dict[str, ModuleType] = {}

_HINT = "define it with `def` or `class` at the top level of a module that can be imported"


def one_line(error: BaseException) -> str:
    """An error's type and the first line of its message."""
    lines = str(error).strip().splitlines()
    kind = type(error).__name__
    return f"{kind}: {lines[0]}" if lines else kind


def type_name(kind: type) -> str:
    """A class's name for people and records; not checked, never raises."""
    module = sys.modules.get(str(kind.__module__))
    try:
        place = _place(module) if module is not None else str(kind.__module__)
    except EncodeError:
        place = str(kind.__module__)
    return f"{place}:{kind.__qualname__}"


def name_of(target: Any) -> str:
    """The name of a callable or a class, checked to lead back to the same object."""
    module_name, qualname = _parts(target)
    _refuse_local(qualname)
    module = _defining_module(module_name, qualname)
    name = f"{_place(module)}:{qualname}"
    try:
        found = _walk(module, qualname)
    except AttributeError:
        raise EncodeError(f"{module_name}.{qualname} is not to be found under that name; {_HINT}") from None
    if not _same(found, target):
        raise EncodeError(
            f"{module_name}.{qualname} is another object now, so its name does not lead back; "
            "pass the one that the module holds"
        )
    return name


def resolve_name(name: str) -> Any:
    """The object of a name that `name_of` gave."""
    place, colon, qualname = name.rpartition(":")
    if not (place and colon and qualname):
        raise DecodeError(f"{name!r} is no name: expected module:name or /path/script.py:name")
    module = load_place(place)
    try:
        return _walk(module, qualname)
    except AttributeError:
        raise DecodeError(f"{place!r} has no {qualname!r}") from None


def load_place(place: str) -> ModuleType:
    """The module of a dotted name or of a script's absolute path; a script is loaded once."""
    try:
        return _load_script(place) if place.startswith(os.sep) else _load_module(place)
    except DecodeError:
        raise
    except (Exception, SystemExit) as error:
        raise DecodeError(f"cannot import {place!r}: {one_line(error)}") from error


def _parts(target: Any) -> tuple[str, str]:
    """The module's name and the qualified name that an object claims."""
    owner = getattr(target, "__self__", None)
    if isinstance(owner, type):  # a class method: the class it is bound to counts, not the one that defines it
        return owner.__module__, f"{owner.__qualname__}.{target.__name__}"
    module, qualname = getattr(target, "__module__", None), getattr(target, "__qualname__", None)
    if not (isinstance(module, str) and isinstance(qualname, str)):
        raise EncodeError(f"a {type(target).__qualname__} has no name of its own; {_HINT}")
    return module, qualname


def _refuse_local(qualname: str) -> None:
    """Lambdas and what a function defines inside itself cannot be found by name."""
    if qualname.endswith("<lambda>"):
        raise EncodeError(f"a lambda cannot be found by name; {_HINT}")
    if "<locals>" in qualname:
        raise EncodeError(f"{qualname} lives inside a function and cannot be found by name; {_HINT}")


def _defining_module(module_name: str, qualname: str) -> ModuleType:
    """The live module of that name."""
    module = sys.modules.get(module_name)
    if module is not None:
        return module
    try:
        return importlib.import_module(module_name)
    except Exception as error:
        raise EncodeError(f"{qualname} is of a module {module_name!r} that cannot be imported; {_HINT}") from error


def _place(module: ModuleType) -> str:
    """How another process reaches a module: a dotted name, or a script's absolute path."""
    name = module.__name__
    if name in _MAIN_MODULES or name.startswith(SCRIPT_MODULE):
        return _place_of_main(module)
    if name == _OWN_PACKAGE or name.startswith(_OWN_PACKAGE + "."):
        return PUBLIC_PACKAGE + name[len(_OWN_PACKAGE) :]
    return name


def _place_of_main(module: ModuleType) -> str:
    """Where the code of a `__main__` can be loaded from: its `-m` name, or its file."""
    spec = getattr(module, "__spec__", None)
    if spec is not None and module.__name__ in _MAIN_MODULES:
        return str(spec.name)
    file = getattr(module, "__file__", None)
    path = os.path.abspath(file) if file else ""
    if not os.path.isfile(path):
        raise EncodeError("it was defined interactively, where no other process can find it; put it into a file")
    return path


def _walk(module: ModuleType, qualname: str) -> Any:
    """Follow the dots of a qualified name."""
    found: Any = module
    for part in qualname.split("."):
        found = getattr(found, part)
    return found


def _same(found: Any, target: Any) -> bool:
    """Identity; a method bound to a class is made anew at each look, so there equality of its parts."""
    if found is target:
        return True
    owner = getattr(target, "__self__", None)
    return isinstance(owner, type) and type(found) is type(target) and bool(found == target)


def _load_module(name: str) -> ModuleType:
    """Import by dotted name; the running `-m` module is not run a second time."""
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    if main is not None and spec is not None and spec.name == name:
        return main
    if name == PUBLIC_PACKAGE or name.startswith(PUBLIC_PACKAGE + "."):
        name = _OWN_PACKAGE + name[len(PUBLIC_PACKAGE) :]
    if name not in sys.modules:
        __import__(name)
    return sys.modules[name]


def _load_script(path: str) -> ModuleType:
    """A script's module: the running one, the one loaded before, or a fresh one."""
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None)
    if main is not None and file and getattr(main, "__spec__", None) is None and os.path.abspath(file) == path:
        return main
    if path not in _scripts:
        _scripts[path] = _run_script(path)
    return _scripts[path]


def _run_script(path: str) -> ModuleType:
    """Run a script's file as a module that is not `__main__`, so that its guarded part stays still."""
    from importlib.machinery import SourceFileLoader
    from importlib.util import module_from_spec, spec_from_file_location

    name = SCRIPT_MODULE if not _scripts else f"{SCRIPT_MODULE}{len(_scripts) + 1}"
    spec = spec_from_file_location(name, path, loader=SourceFileLoader(name, path))
    if spec is None or spec.loader is None:
        raise DecodeError(f"cannot load {path!r}")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module
