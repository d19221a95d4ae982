"""The private PostgreSQL server of one user, started when it is needed and stopped when nobody is left.

    endpoint = ensure()                      # creates and starts the server where it does not run
    psycopg.connect(**endpoint.conninfo)     # keep `endpoint.lease` as long as the server is used
    stop(), status(), url(), psql_command()

Who may do what rests on three flock()ed files in the server's home, never on pids, which are reused, and which mean
nothing to another container:

    start.lock   exclusive, short      one process at a time creates or starts the server
    server.lock  exclusive, inherited  taken by the starter, whose descriptor every process of the server inherits: it
                                       is free only when none of them is left. What an earlier server left behind can
                                       then be removed, and two servers can never share the data
    users.lock   shared, per process   a reference count that the kernel keeps; the supervisor takes it exclusively to
                                       stop a server that nobody uses

The kernel drops all of them when a process dies, however it dies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .address import conninfo, psql_command, url
from .home import Home, locate
from .lease import Lease
from .lifecycle import Endpoint, ensure, join, parse_linger

if TYPE_CHECKING:
    from .halt import stop
    from .look import Status, status

_SELDOM: Final = {"stop": "halt", "Status": "look", "status": "look"}
"""What most who use the server do without, and the modules that have it."""

__all__ = [
    "Endpoint",
    "Home",
    "Lease",
    "Status",
    "conninfo",
    "ensure",
    "join",
    "locate",
    "parse_linger",
    "psql_command",
    "status",
    "stop",
    "url",
]


def __getattr__(name: str) -> Any:
    if name not in _SELDOM:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_SELDOM[name]}"), name)
