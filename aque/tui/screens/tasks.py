"""The list of tasks."""

from __future__ import annotations

from ..commands import bindings, deed
from ..roll import TaskSource
from .tasklist import TaskListScreen


class TasksScreen(TaskListScreen):
    """The tasks of the session's scope, one after the other."""

    commands = (
        deed("tree", lambda screen: screen.app.action_go("tree"), "f5,t", "Tree", "With what they depend on", "Shape"),
        *TaskListScreen.commands,
    )
    BINDINGS = bindings(commands)

    def source(self) -> TaskSource:
        """The tasks of the scope, in its order."""
        return TaskSource(self.session.feeder.monitor, self.session.scope.selection, self.session.scope.sort)
