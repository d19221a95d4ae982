"""What can be done on lists of tasks: functions that take the screen, each declared as a command beside it."""
