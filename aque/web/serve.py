"""Serves a screen: each page that is opened has a process of its own, which draws into it."""

from __future__ import annotations

import asyncio
import logging
import shlex
import signal
import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from string import Template
from typing import Final

from aiohttp import web
from textual_serve.server import Server

from ..core.errors import AqueError
from .address import Address
from .gate import Gate

_PAGE: Final = Template(Path(__file__).with_name("page.html").read_text("utf-8"))
_DRIVER: Final = "aque.web.driver:PageDriver"
_FAREWELL: Final = 5.0  # seconds for what goes on when it ends


class Pages(Server):
    """The page, its files, and the socket between it and its process."""

    def __init__(self, command: Sequence[str]) -> None:
        super().__init__(f"exec env TEXTUAL_DRIVER={_DRIVER} {shlex.join(command)}")
        self._open: set[asyncio.Task[object]] = set()

    async def app(self, gate: Gate) -> web.Application:
        """All of it, behind the gate."""
        inner, outer = await self._make_app(), web.Application()
        outer.add_subapp(gate.path, inner)
        gate.stand_before(outer)
        return outer

    async def on_startup(self, app: web.Application) -> None:
        """Say nothing."""

    async def on_shutdown(self, app: web.Application) -> None:
        """End what draws: else it would be waited for as long as somebody looks."""
        for each in self._open:
            each.cancel()

    async def handle_index(self, request: web.Request) -> web.Response:
        """The page; what it loads is beside it, under the name that it was called by."""
        return web.Response(text=_PAGE.substitute(here=request.host + request.path), content_type="text/html")

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Draw into a page until it is closed."""
        here = asyncio.current_task()
        assert here
        self._open.add(here)
        try:
            return await super().handle_websocket(request)
        finally:
            self._open.discard(here)


def serve(address: Address, command: Sequence[str], tell: Callable[[str], object]) -> int:
    """Serve what a command draws until a signal ends it, and tell the link; returns the exit status.

    Raises AqueError where the address cannot be had.
    """
    logging.getLogger("textual-serve").setLevel(logging.CRITICAL)
    return asyncio.run(_serve(address, command, tell))


async def _serve(address: Address, command: Sequence[str], tell: Callable[[str], object]) -> int:
    loop = asyncio.get_running_loop()
    end: asyncio.Future[int] = loop.create_future()
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(each, _end, end, 128 + each)
    address, listener = _listen(address)
    gate = Gate(address.names)
    runner = web.AppRunner(await Pages(command).app(gate), access_log=None, shutdown_timeout=_FAREWELL)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        tell(gate.link(address.shown))
        return await end
    finally:
        await runner.cleanup()


def _end(end: asyncio.Future[int], status: int) -> None:
    if not end.done():
        end.set_result(status)


def _listen(address: Address) -> tuple[Address, socket.socket]:
    """Where it listens in truth, and with what."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listener = socket.create_server((address.host, address.port), family=family)
    except OSError as error:
        raise AqueError(f"cannot listen on {address.shown}: {error.strerror}") from None
    return replace(address, port=listener.getsockname()[1]), listener
