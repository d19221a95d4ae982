"""Whose process this is."""

from __future__ import annotations

import os
import pwd
from functools import cache


@cache
def account() -> str:
    """The name of this process's account, or its number where it has no name."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
