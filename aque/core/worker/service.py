"""Whom a worker tells that it has begun, lives, and ends: a service manager, or whoever started it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol


class Service(Protocol):
    """What a worker tells its surroundings; none of it may take long, or fail."""

    def ready(self) -> None:
        """It is known to the broker, and takes tasks from now on."""

    def alive(self) -> None:
        """It has gone through its loop once more."""

    def draining(self) -> None:
        """It takes no more tasks."""

    def stopping(self) -> None:
        """It ends."""


class Unwatched:
    """Nobody wants to know."""

    def ready(self) -> None:
        """Tell nobody."""

    alive = draining = stopping = ready


class ServiceManager:
    """systemd, or whatever else speaks its notify protocol: datagrams of NAME=VALUE lines to a Unix socket.

    `every`: seconds between two signs of life, None where none is asked for.
    """

    def __init__(self, address: str, every: float | None) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._every = float("inf") if every is None else every
        self._next = 0.0

    def ready(self) -> None:
        """Tell that it serves."""
        self._send("READY=1", f"MAINPID={os.getpid()}", "STATUS=taking tasks")

    def alive(self) -> None:
        """Feed the watchdog, as often as it asks for."""
        if self._every != float("inf") and time.monotonic() >= self._next:
            self._next = time.monotonic() + self._every
            self._send("WATCHDOG=1")

    def draining(self) -> None:
        """Tell that it ends with what runs."""
        self._send("STATUS=draining: it ends with the last task that runs")

    def stopping(self) -> None:
        """Tell that it ends now."""
        self._send("STOPPING=1", "STATUS=ending")

    def _send(self, *lines: str) -> None:
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.settimeout(1.0)
            sock.sendto("\n".join(lines).encode(), self._address)


def manager_of(environ: Mapping[str, str]) -> Service:
    """The service manager that an environment names, as systemd sets it for the process that it started."""
    address, usec, pid = (environ.get(name, "") for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"))
    if not address.startswith(("/", "@")):
        return Unwatched()
    is_ours = usec.isdecimal() and int(usec) > 0 and pid in ("", str(os.getpid()))
    return ServiceManager(address, int(usec) / 2e6 if is_ours else None)
