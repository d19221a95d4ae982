"""What runs inside a task's own interpreter.

The standard library alone, Python 3.8 and later. A child loads this folder under the name `_aque_child`,
so imports in here are relative.
"""
