"""The table of tasks."""

from __future__ import annotations

from ..states import STYLES, component_css
from .vtable import VTable


class TaskTable(VTable):
    """A table whose tones are the states."""

    COMPONENT_CLASSES = {f"vtable--{tone}" for tone in (*STYLES, "blocked")}
    DEFAULT_CSS = component_css("TaskTable")
