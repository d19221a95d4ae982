"""A server of pages, as a process, and a client that is a browser as far as servers can tell."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from aque.core.broker import Broker

AQUE = [sys.executable, "-c", "from aque.cli.main import main; main()"]


@dataclass
class Served:
    """A server, and a browser's part in it: its cookies, and what it says of where it comes from."""

    process: subprocess.Popen[str]
    link: str
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def site(self) -> str:
        return self.link.split("/", 3)[2]

    @property
    def page(self) -> str:
        return self.link.partition("?")[0]

    @property
    def token(self) -> str:
        return self.link.partition("token=")[2]

    async def get(self, url: str, **headers: str) -> Any:
        """The answer to a request, read; the cookies that it sets are kept."""
        async with self._client() as client, client.get(url, headers=headers) as answer:
            await answer.read()
            self.cookies |= {name: each.value for name, each in answer.cookies.items()}
            return answer

    async def enter(self) -> None:
        assert (await self.get(self.link)).status == 200

    async def socket(self, see: Callable[[Any], Awaitable[None]], **headers: str) -> None:
        """Open the page's socket, and see what comes."""
        headers = {"Origin": f"http://{self.site}"} | headers
        async with self._client() as client:
            url = f"{self.page}ws?width=140&height=50"
            async with client.ws_connect(url, headers={k: v for k, v in headers.items() if v}) as socket:
                await see(socket)

    def _client(self) -> Any:
        return aiohttp.ClientSession(cookies=self.cookies, cookie_jar=aiohttp.CookieJar(unsafe=True))


@contextmanager
def serving(broker: Broker, *options: str) -> Iterator[Served]:
    env = {**os.environ, "AQUE_BROKER": broker.to_url(), "TERM": "xterm-256color"}
    argv = [*AQUE, "top", "--serve", "0", *options]
    process = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield Served(process, process.stdout.readline().strip())
    finally:
        process.terminate()
        process.communicate(timeout=30)


async def heard(socket: Any, text: str) -> str:
    """What the socket says until it has said a text."""
    seen = ""
    async with asyncio.timeout(30):
        while text not in seen:
            said = await socket.receive()
            assert said.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT), seen
            seen += said.data.decode() if isinstance(said.data, bytes) else ""
    return seen
