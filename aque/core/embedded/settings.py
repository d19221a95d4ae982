"""The server's settings: ours are written anew at each start, the user's own lines come after them and win."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from .home import PORT

OURS: Final = "aque.conf"
USERS: Final = f"include '{OURS}'\n# Your own settings go below; aque never changes this file.\n"
ACCESS: Final = "# The folder of the socket is private to its user.\nlocal all all trust\n"

_FIXED: Final[dict[str, str | int]] = {
    "listen_addresses": "",  # the socket alone
    "unix_socket_permissions": "0700",
    "port": PORT,
    "cluster_name": "aque",
    "max_connections": 200,
    "shared_buffers": "64MB",
    # Neither a container's small /dev/shm nor logind's RemoveIPC matters then.
    "dynamic_shared_memory_type": "mmap",
    "shared_preload_libraries": "plpgsql",
    # What is acknowledged survives (fsync and synchronous_commit stay on); nobody replicates.
    "wal_level": "minimal",
    "max_wal_senders": 0,
    "max_wal_size": "512MB",
    "wal_compression": "on",
    "checkpoint_timeout": "15min",
    # Short statements of few sessions: helpers would only cost.
    "jit": "off",
    "max_parallel_workers_per_gather": 0,
    "max_worker_processes": 0,
    "max_logical_replication_workers": 0,
    "autovacuum_naptime": "15s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "lc_messages": "C",
}


def text(run: Path, major: int) -> str:
    """The content of our file."""
    settings = {**_FIXED, "unix_socket_directories": str(run)}
    if major >= 18:
        settings["io_method"] = "sync"  # workers of their own would only cost memory
    lines = (f"{name} = {_quoted(value)}\n" for name, value in settings.items())
    return "# Written by aque at every start.\n" + "".join(lines)


def _quoted(value: str | int) -> str:
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"
