"""As whom a task runs."""

import grp
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from .job import TaskError


class Identity(NamedTuple):
    """User, group and further groups of a task."""

    user: int
    group: int
    groups: list[int]


def resolve(user: str | None, group: str | None) -> Identity | None:
    """Numbers of a user and a group by name; None where nothing is to be changed."""
    if user is None and group is None:
        return None
    uid, gid, name = os.geteuid(), os.getegid(), None
    if user is not None:
        try:
            entry = pwd.getpwnam(user)
        except KeyError:
            raise TaskError("user", f"no such user: {user}") from None
        uid, gid, name = entry.pw_uid, entry.pw_gid, entry.pw_name
    own = os.getgrouplist(name, gid) if name else [gid]
    if group is not None:
        try:
            gid = grp.getgrnam(group).gr_gid
        except KeyError:
            raise TaskError("group", f"no such group: {group}") from None
        if uid != 0 and os.geteuid() == 0 and gid not in own:  # root's rights give nobody else more than its own
            raise TaskError("group", f"{user} is not in the group {group}")
    return _allowed(Identity(uid, gid, own if name else [gid]), user, group)


def _allowed(identity: Identity, user: str | None, group: str | None) -> Identity | None:
    """Only root may become another."""
    if os.geteuid() == 0:
        return identity
    if identity.user != os.geteuid():
        raise TaskError("user", f"only a worker of root runs tasks as {user}")
    if group is not None and identity.group != os.getegid():
        raise TaskError("group", f"only a worker of root runs tasks with the group {group}")
    return None


def at_home(environ: dict[str, str], user: str) -> dict[str, str]:
    """An environment for a user other than root: what it says of root's home and name it says of the user's."""
    try:
        root, own = pwd.getpwuid(0), pwd.getpwnam(user)
    except KeyError:
        return environ
    roots = {"HOME": (root.pw_dir, own.pw_dir), **dict.fromkeys(("USER", "LOGNAME"), (root.pw_name, own.pw_name))}
    new = {name: now for name, (before, now) in roots.items() if environ.get(name) == before}
    return environ if own.pw_uid == 0 or not new else {**environ, **new}


@contextmanager
def acting_as(identity: Identity | None) -> Iterator[None]:
    """Open files with the rights of the task's user, not with root's."""
    if identity is None:
        yield
        return
    before = os.geteuid(), os.getegid(), os.getgroups()
    os.setgroups(identity.groups)
    os.setegid(identity.group)
    os.seteuid(identity.user)
    try:
        yield
    finally:
        os.seteuid(before[0])
        os.setegid(before[1])
        os.setgroups(before[2])
