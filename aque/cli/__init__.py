"""The command line: one short file a command, each loaded when it is called."""
