"""What can be done on screens: functions that take the screen, as `stage` describes it, each declared as a command."""
