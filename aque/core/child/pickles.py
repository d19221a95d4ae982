"""Pickles that find a script's own classes in another process; imported only where a value needs one."""

from __future__ import annotations

import io
import pickle
import types
from typing import Any

from .names import PUBLIC_PACKAGE, SCRIPT_MODULE, name_of, resolve_name

_PROTOCOL = 4  # Python 3.8 and later
_BY_NAME = (type, types.FunctionType)
_OWN_PACKAGE = __name__.rpartition(".")[0]
_MOVING = ("__main__", "__mp_main__", SCRIPT_MODULE, _OWN_PACKAGE, PUBLIC_PACKAGE)


class _Pickler(pickle.Pickler):
    """Writes classes and functions of modules whose name differs between processes by aque's names."""

    def persistent_id(self, obj: Any) -> Any:
        """The name of such an object; None leaves it to pickle."""
        if isinstance(obj, _BY_NAME) and str(obj.__module__).startswith(_MOVING):
            return name_of(obj)
        return None


class _Unpickler(pickle.Unpickler):
    """Reads what `_Pickler` wrote."""

    def persistent_load(self, pid: Any) -> Any:
        """The object of a name."""
        return resolve_name(pid)


def dumps(value: Any) -> bytes:
    """The pickle of a value."""
    buffer = io.BytesIO()
    _Pickler(buffer, _PROTOCOL).dump(value)
    return buffer.getvalue()


def loads(data: bytes) -> Any:
    """The value of a pickle."""
    return _Unpickler(io.BytesIO(data)).load()


def global_names(data: bytes) -> str:
    """The type that a pickle most likely holds, told without unpickling it."""
    import pickletools

    texts = []
    try:
        for operation, argument, _ in pickletools.genops(data):
            if isinstance(argument, str):
                texts.append(argument)
            if operation.name in ("STACK_GLOBAL", "BINPERSID") or len(texts) == 8:
                break
    except Exception:
        return "value"
    return f"value of type {':'.join(texts[-2:])}" if texts else "value"
