"""What a long-running command logs, as text or as JSON lines, to stderr."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Mapping
from typing import Final

from ..core.errors import UsageError

FORMATS: Final = ("text", "json")
_LEVELS: Final = ("debug", "info", "warning", "error", "critical")
_FIELDS: Final = ("worker", "task", "lease")  # what a record may be about


def set_up(form: str | None, default_level: str = "warning", about: Callable[[], Mapping[str, int]] = dict) -> None:
    """Log what `$AQUE_LOG` asks for: a level, a format, or both (`info,json`). `form` wins; `about` is in each record.

    Raises UsageError where it asks for something else.
    """
    words = os.environ.get("AQUE_LOG", "").lower().replace(",", " ").split()
    if unknown := [word for word in words if word not in (*_LEVELS, *FORMATS)]:
        raise UsageError(f"AQUE_LOG: {unknown[0]!r} is neither a level ({', '.join(_LEVELS)}) nor text or json")
    level = next((word for word in words if word in _LEVELS), default_level)
    chosen = form or next((word for word in words if word in FORMATS), "text")
    handler = logging.StreamHandler()
    handler.setFormatter(_FORMATTERS[chosen]())
    handler.addFilter(lambda record: _enrich(record, about()))
    # what the driver warns of, a broker that is away, we tell ourselves
    for name, least in (("aque", level), ("psycopg", level if level == "debug" else "error")):
        tree = logging.getLogger(name)
        tree.handlers, tree.propagate = [handler], False
        tree.setLevel(least.upper())


def _enrich(record: logging.LogRecord, more: Mapping[str, int]) -> bool:
    for name, value in more.items():
        record.__dict__.setdefault(name, value)
    return True


def _about(record: logging.LogRecord) -> dict[str, int]:
    return {name: record.__dict__[name] for name in _FIELDS if record.__dict__.get(name)}


class _Text(logging.Formatter):
    """`2026-01-31T12:00:00.123Z WARNING aque.worker: … worker=3 task=12`"""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        self.converter = time.gmtime
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s%(about)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.about = "".join(f" {name}={value}" for name, value in _about(record).items())
        record.message = " ".join(record.message.split())
        return super().formatMessage(record)


class _Json(_Text):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_about(record),
        }
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


_FORMATTERS: Final[Mapping[str, Callable[[], logging.Formatter]]] = {"text": _Text, "json": _Json}
