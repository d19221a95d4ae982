"""The version of aque, in this one place."""

__version__ = "0.1.0"
