"""The errors that can arise inside a task's own process, and the root of aque's error tree."""

from __future__ import annotations


class AqueError(Exception):
    """The root of every error that aque raises.

    `exit_code` is the status with which a command ends that meets it.
    """

    exit_code = 1


class EncodeError(AqueError):
    """A value has no encoding: it is neither one of aque's own forms nor picklable."""

    exit_code = 2


class DecodeError(AqueError):
    """A stored value cannot be read here: a name that is gone, a damaged text, a forbidden pickle."""
