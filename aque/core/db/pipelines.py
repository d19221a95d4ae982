"""What is sent in a pipeline, and waited for later."""

from __future__ import annotations

from ..alarm import wait_ready
from .source import Connection


def send(conn: Connection) -> None:
    """Send all of it: the driver would wait for an answer while the server waits for the rest."""
    while conn.pgconn.flush():
        wait_ready([], 1.0, [conn.fileno()])


def ask(conn: Connection) -> None:
    """The same, and have the server answer now what it was sent; it commits when the pipeline ends."""
    conn.pgconn.send_flush_request()
    send(conn)
