"""Who may come in: a browser on this host that was opened with the link, once, and nobody whom another page sends.

The link has a token that works once; it becomes a cookie that scripts cannot read and other sites cannot send. Cookies
are not kept apart by port, and other users of this host may serve pages as well: so the cookie is for a path that only
the link tells. Names of the host and origins are compared as they are, which keeps out pages whose name was made to
lead here.
"""

from __future__ import annotations

import secrets
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

_COOKIE: Final = "aque"
_REFUSAL: Final = "Refused: open the link that aque top --serve has printed. It works once.\n"
_ENTRANCE: Final = '<!doctype html><meta http-equiv="refresh" content="0; url={}"><title>aque top</title>'
_CONTENT: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:;"
    " connect-src {}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Gate:
    """Stands before all that is served under `path`, to a browser that calls this host by one of some names."""

    def __init__(self, hosts: frozenset[str]) -> None:
        self.path = f"/{secrets.token_urlsafe(12)}"
        self._hosts = hosts
        self._token = secrets.token_urlsafe(32)
        self._key = secrets.token_urlsafe(32)
        self._is_used = False

    def link(self, host: str) -> str:
        """What to open in a browser."""
        return f"http://{host}{self.path}/?token={self._token}"

    def stand_before(self, app: web.Application) -> None:
        """Let all requests to an app and to those below it pass here, and have all answers bear the headers."""
        app.middlewares.append(self._check)
        app.on_response_prepare.append(self._put_headers)

    @web.middleware
    async def _check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self._is_from_here(request):
            return _refusal()
        is_known = _same(request.cookies.get(_COOKIE, ""), self._key)
        if "token" in request.query and request.method == "GET":
            return self._enter() if is_known or self._take(request.query["token"]) else _refusal()
        return await handler(request) if is_known else _refusal()

    def _is_from_here(self, request: web.Request) -> bool:
        """Websockets have to say which page opens them; other requests may leave it out."""
        origins = request.headers.getall("Origin", [])
        is_socket = "Upgrade" in request.headers
        return (
            len(hosts := request.headers.getall("Host", [])) == 1
            and hosts[0] in self._hosts
            and (bool(origins) or not is_socket)
            and all(each == f"http://{hosts[0]}" for each in origins)
        )

    def _take(self, token: str) -> bool:
        is_right = not self._is_used and _same(token, self._token)
        self._is_used = self._is_used or is_right
        return is_right

    def _enter(self) -> web.Response:
        """Go on from a page of this site: a strict cookie does not go with who was led here from another one."""
        response = web.Response(text=_ENTRANCE.format(f"{self.path}/"), content_type="text/html")
        response.set_cookie(_COOKIE, self._key, path=f"{self.path}/", httponly=True, samesite="Strict")
        return response

    async def _put_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        host = request.headers.get("Host", "")
        reached = f"ws://{host}" if host in self._hosts else "'none'"
        response.headers.update(_HEADERS | {"Content-Security-Policy": _CONTENT.format(reached)})


def _same(given: str, known: str) -> bool:
    return secrets.compare_digest(given.encode(errors="replace"), known.encode())


def _refusal() -> web.Response:
    return web.Response(status=403, text=_REFUSAL)
