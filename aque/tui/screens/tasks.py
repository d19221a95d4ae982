"""The list of tasks."""

from __future__ import annotations

from ..roll import TaskSource
from .tasklist import TaskListScreen


class TasksScreen(TaskListScreen):
    """The tasks of the session's scope, one after the other."""

    def source(self) -> TaskSource:
        """The tasks of the scope, in its order."""
        return TaskSource(self.session.feeder.monitor, self.session.scope.selection, self.session.scope.sort)
