"""Screens that are opened over a list: a task, its output, an act."""
