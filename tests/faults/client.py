"""One user of the embedded server, as a process: `python client.py MODE HOME LINGER …`, LINGER in seconds or never."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psycopg

from aque.core import embedded


def once(home: Path, linger: float | None, pause: str = "0") -> None:
    """Use it, and again after a pause; tells how long it took, and when the server was started."""
    began = time.perf_counter()
    endpoint = embedded.ensure(home, linger=linger)
    took = time.perf_counter() - began
    with psycopg.connect(**endpoint.conninfo) as conn:
        time.sleep(float(pause))
        row = conn.execute("select extract(epoch from pg_postmaster_start_time())").fetchone()
    assert row
    print(f"{took:.3f}", row[0])


def hold(home: Path, linger: float | None) -> None:
    """Have a lease on it, and a session, until stdin ends."""
    endpoint = embedded.ensure(home, linger=linger)
    with psycopg.connect(**endpoint.conninfo):
        print("here", flush=True)
        sys.stdin.read()


def write(home: Path, linger: float | None, name: str, seconds: str, notes: str) -> None:
    """Commit numbers for some seconds, through whatever happens to the server, and note those that it acknowledged."""
    until, number, losses, conn, endpoint = time.monotonic() + float(seconds), 0, 0, None, None
    with Path(notes).open("w") as acknowledged:
        while time.monotonic() < until:
            number += 1
            try:
                if conn is None:
                    endpoint = embedded.ensure(home, linger=linger, timeout=120)
                    conn = psycopg.connect(**endpoint.conninfo, autocommit=True)
                conn.execute("insert into written values (%s, %s)", (name, number))
            except psycopg.OperationalError:
                losses, conn = losses + 1, None
            else:
                print(number, file=acknowledged)
    print(losses, endpoint is not None)


MODES = {"once": once, "hold": hold, "write": write}

if __name__ == "__main__":
    mode, place, seconds, *rest = sys.argv[1:]
    MODES[mode](Path(place), None if seconds == "never" else float(seconds), *rest)
