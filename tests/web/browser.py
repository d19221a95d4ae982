"""A real browser without a window, steered over its debugging socket."""

from __future__ import annotations

import asyncio
import base64
import itertools
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientSession, ClientWebSocketResponse

from tests.waiting import wait_for

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_FLAGS: Final = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0")
_SHIFT: Final = 8
_SELECTED: Final = """
(() => {
  const taken = new DataTransfer();
  document.querySelector('.xterm').dispatchEvent(new ClipboardEvent('copy', {clipboardData: taken}));
  return taken.getData('text/plain');
})()
"""


class ProtocolError(Exception):
    """The browser would not do it."""


class Tab:
    """A page, and what can be done in it."""

    def __init__(self, socket: ClientWebSocketResponse, session: str) -> None:
        self._socket, self._session, self._numbers = socket, session, itertools.count(1)

    async def call(self, method: str, **params: Any) -> Any:
        """Call a method of the protocol."""
        return await _call(self._socket, next(self._numbers), method, params, self._session)

    async def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page; None while that is on its way."""
        try:
            return (await self.call("Runtime.evaluate", expression=expression))["result"].get("value")
        except ProtocolError:
            return None

    async def text(self) -> str:
        """What can be read in the page's terminal: selected with Shift and the mouse, and copied; empty without one."""
        if not await self.evaluate("!!document.querySelector('.xterm')"):
            return ""
        width, height = await self.evaluate("innerWidth"), await self.evaluate("innerHeight")
        for kind, x, y in (
            ("mousePressed", 2, 2),
            ("mouseMoved", width - 3, height - 3),
            ("mouseReleased", width - 3, height - 3),
        ):
            held = {"button": "left", "buttons": 1, "clickCount": 1, "modifiers": _SHIFT}
            await self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **held)
        return str(await self.evaluate(_SELECTED))

    async def picture(self, path: Path) -> None:
        """What is seen, as a PNG."""
        path.write_bytes(base64.b64decode((await self.call("Page.captureScreenshot"))["data"]))


async def _call(socket: ClientWebSocketResponse, number: int, method: str, params: Any, session: str | None) -> Any:
    await socket.send_json(
        {"id": number, "method": method, "params": params} | ({"sessionId": session} if session else {})
    )
    while (heard := await socket.receive_json(timeout=30)).get("id") != number or heard.get("sessionId") != session:
        pass
    if "error" in heard:
        raise ProtocolError(f"{method}: {heard['error']}")
    return heard["result"]


@asynccontextmanager
async def browser(folder: Path, url: str) -> AsyncIterator[Tab]:
    """A tab with a page in it; all that the browser keeps is in the folder."""
    assert CHROMIUM
    argv = [CHROMIUM, *_FLAGS, "--window-size=1100,600", f"--user-data-dir={folder}", "about:blank"]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        port = folder / "DevToolsActivePort"
        wait_for(lambda: port.exists() and len(port.read_text().splitlines()) == 2, 60)
        number, path = port.read_text().splitlines()
        async with (
            ClientSession() as client,
            client.ws_connect(f"ws://127.0.0.1:{number}{path}", max_msg_size=0) as socket,
        ):
            target = await _call(socket, 1, "Target.createTarget", {"url": url}, None)
            joined = await _call(socket, 2, "Target.attachToTarget", {**target, "flatten": True}, None)
            yield Tab(socket, joined["sessionId"])
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await asyncio.to_thread(process.wait, 30)
