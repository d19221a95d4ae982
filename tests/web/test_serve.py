"""`aque top --serve` as its user has it: a process, and who else may knock at its port."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from aque.core.broker import Broker
from aque.core.errors import UsageError
from aque.web.address import Address
from tests.tui.scene import submit
from tests.waiting import wait_for

aiohttp = pytest.importorskip("aiohttp", reason="aque[web] is not installed")
pytest.importorskip("textual_serve", reason="aque[web] is not installed")
from tests.web.browser import CHROMIUM, browser  # noqa: E402
from tests.web.served import AQUE, Served, heard, serving  # noqa: E402


@pytest.fixture
def served(broker: Broker) -> Iterator[Served]:
    with serving(broker) as found:
        yield found


async def ignore(_: Any) -> None:
    """Who is let in at all has seen enough."""


async def refused(served: Served, **headers: str) -> bool:
    try:
        await served.socket(ignore, **headers)
    except aiohttp.WSServerHandshakeError as error:
        return bool(error.status == 403)
    return False


def test_who_has_no_cookie_gets_nothing(served: Served) -> None:
    """Neither the page nor a file of it nor the socket: whoever is on this host can reach the port."""

    async def knocks() -> None:
        files = ["", "ws", "static/js/textual.js", "download/x", "nothing", "?token=", f"?token={'x' * 43}", "?token=é"]
        elsewhere = ["", "ws", "static/js/textual.js", f"?token={'x' * 43}"]
        for url in (*(served.page + each for each in files), *(f"http://{served.site}/{each}" for each in elsewhere)):
            assert (await served.get(url)).status == 403, url
        assert await refused(served)
        served.cookies["aque"] = "x" * 43
        assert await refused(served)
        assert (await served.get(served.page)).status == 403

    asyncio.run(knocks())


def test_the_link_works_once_and_becomes_a_strict_cookie(served: Served) -> None:
    """Who finds it later, in a history or over a shoulder, finds nothing behind it."""

    async def enters() -> None:
        first = await served.get(served.link)
        (cookie,) = first.cookies.values()
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")
        assert cookie["path"] == "/" + served.page.split("/", 3)[3], "cookies go to all ports of a host"
        assert served.token not in cookie.value + await first.text()
        assert (await served.get(served.page)).status == 200
        assert (await served.get(served.link)).status == 200, "with the cookie it is the page"
        served.cookies.clear()
        assert (await served.get(served.link)).status == 403

    asyncio.run(enters())


def test_pages_of_others_are_refused_even_with_the_cookie(served: Served) -> None:
    """Another site, another port of this host, a name that was made to lead here, and a socket that names no page."""

    async def comes() -> None:
        await served.enter()
        await served.socket(ignore)
        port = served.site.rpartition(":")[2]
        for origin in ("http://evil.example", "null", "http://127.0.0.1:1", f"https://{served.site}", ""):
            assert await refused(served, Origin=origin), origin
            assert not origin or (await served.get(served.page, Origin=origin)).status == 403, origin
        for host in (f"evil.example:{port}", "127.0.0.1", f"127.0.0.1:{port}.evil.example", f"user@{served.site}"):
            assert await refused(served, Host=host, Origin=f"http://{host}"), host
            assert (await served.get(served.page, Host=host)).status == 403, host
        assert (await served.get(served.page, Host=f"localhost:{port}")).status == 200

    asyncio.run(comes())


def test_a_foreign_page_does_not_use_up_the_link(served: Served) -> None:
    async def comes() -> None:
        assert (await served.get(served.link, Host="evil.example")).status == 403
        assert (await served.get(served.link, Origin="http://evil.example")).status == 403
        await served.enter()

    asyncio.run(comes())


def test_the_page_loads_and_reaches_nothing_but_this_site(served: Served) -> None:
    async def looks() -> None:
        await served.enter()
        page = await served.get(served.page)
        rules = dict(each.split(maxsplit=1) for each in page.headers["Content-Security-Policy"].split("; "))
        assert rules["default-src"] == rules["frame-ancestors"] == "'none'"
        assert rules["script-src"] == "'self'"
        assert rules["connect-src"] == f"ws://{served.site}"
        assert (page.headers["Referrer-Policy"], page.headers["Cache-Control"]) == ("no-referrer", "no-store")
        text = await page.text()
        assert re.findall(r"\w+://[^/\"]*", text) == [f"ws://{served.site}"]
        for file in re.findall(r'"(static/[^"]+)"', text):
            assert (await served.get(served.page + file)).status == 200, file

    asyncio.run(looks())


@pytest.mark.parametrize("is_writing", [False, True])
def test_it_is_read_only_unless_that_is_asked_for(broker: Broker, is_writing: bool) -> None:
    """And in a browser no file of this host is written, whoever asks."""
    (task,) = submit(broker, "true", name="victim", hold=True)

    async def tries(socket: Any) -> None:
        seen = await heard(socket, "victim")
        await socket.send_json(["stdin", "\x13"])
        await socket.send_json(["stdin", "p"])
        await socket.send_json(["stdin", "?"])
        helped = await heard(socket, "Find a command by its name")
        assert ("read-only" in seen + helped) is not is_writing
        assert "to a file" not in helped
        assert ("Hold back" in helped) is is_writing

    async def enters() -> None:
        with serving(broker, *["--read-write"] * is_writing) as served:
            await served.enter()
            await served.socket(tries)

    asyncio.run(enters())
    if is_writing:
        wait_for(lambda: broker.tasks([task])[0].state == "pending", 20)
    assert broker.tasks([task])[0].state == ("pending" if is_writing else "paused")


def test_the_token_is_told_once_and_stands_nowhere_else(served: Served, broker: Broker) -> None:
    """Not in what it logs, not in the titles or environments of processes, which others may read; nor the password."""

    async def enters() -> None:
        await served.enter()
        await served.get(f"{served.page}nothing?token={served.token}")
        served_cookie = served.cookies["aque"]

        async def looks(socket: Any) -> None:
            await heard(socket, "no tasks yet")
            processes = [found := psutil.Process(served.process.pid), *found.children(recursive=True)]
            assert len(processes) > 1
            for each in processes:
                told = " ".join([*each.cmdline(), *each.environ().values()])
                assert served.token not in told
                assert served_cookie not in told
                assert broker.to_url() not in " ".join(each.cmdline())
            await socket.send_str("no JSON")

        await served.socket(looks)

    asyncio.run(enters())
    served.process.terminate()
    assert served.process.communicate(timeout=30) == ("", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_no_process_outlives_the_server(served: Served, number: signal.Signals) -> None:
    async def enters() -> None:
        await served.enter()

        async def ends(socket: Any) -> None:
            await heard(socket, "no tasks yet")
            children = psutil.Process(served.process.pid).children(recursive=True)
            served.process.send_signal(number)
            async for _ in socket:
                pass
            status = await asyncio.to_thread(served.process.wait, 30)
            assert status == (-number if number == signal.SIGKILL else 128 + number)
            await asyncio.to_thread(wait_for, lambda: not any(each.is_running() for each in children), 30)

        await served.socket(ends)

    asyncio.run(enters())


def test_a_page_that_is_closed_ends_its_process(served: Served) -> None:
    async def enters() -> None:
        await served.enter()

        async def looks(socket: Any) -> None:
            await heard(socket, "no tasks yet")

        await served.socket(looks)
        children = psutil.Process(served.process.pid).children
        await asyncio.to_thread(wait_for, lambda: not children(), 30)

    asyncio.run(enters())


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")
def test_a_browser_shows_tasks(served: Served, broker: Broker, tmp_path: Path) -> None:
    """All of it for real: the link, the cookie, the scripts under the page's rules, what is drawn, and a key."""
    submit(broker, "sleep 600", name="seen-by-all")

    async def looks() -> None:
        async with browser(tmp_path, served.link) as tab:
            await until(tab, "seen-by-all")
            assert "token" not in await tab.evaluate("location.href + document.cookie")
            await tab.call("Input.insertText", text="?")
            await until(tab, "Only my tasks")

    async def until(tab: Any, text: str) -> None:
        async with asyncio.timeout(60):
            while text not in await tab.text():
                await asyncio.sleep(0.1)

    asyncio.run(looks())


def called(*arguments: str, code: str = AQUE[-1], env: Mapping[str, str] | None = None) -> tuple[int, str, list[str]]:
    argv = [sys.executable, "-c", code, "top", *arguments]
    done = subprocess.run(argv, env={**os.environ, **(env or {})}, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr.splitlines()


@pytest.mark.parametrize("package", ["aiohttp", "textual_serve"])
def test_without_the_extra_it_is_told_in_a_line(package: str) -> None:
    code = f"import sys; sys.modules[{package!r}] = None; {AQUE[-1]}"
    status, out, err = called("--serve", "0", code=code)
    assert (status, out, len(err)) == (2, "", 1)
    assert "pip install 'aque[web]'" in err[0]


@pytest.mark.parametrize(
    "options",
    [
        ("--read-write",),
        ("--serve", "0", "--once"),
        ("--serve", "0", "--read-only", "--read-write"),
        ("--serve", "0.0.0.0:0"),
        ("--serve", "x"),
        ("--refresh", "0"),
        ("--refresh", "often"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_line(options: tuple[str, ...], broker: Broker) -> None:
    status, out, err = called(*options, env={"AQUE_BROKER": broker.to_url()})
    assert (status, out, len(err)) == (2, "", 1)


def test_a_port_that_is_taken_is_told_in_a_line(served: Served, broker: Broker) -> None:
    status, out, err = called("--serve", served.site, env={"AQUE_BROKER": broker.to_url()})
    assert (status, out, len(err)) == (1, "", 1)
    assert served.site in err[0]


def test_a_broker_that_is_not_there_is_told_before() -> None:
    status, out, err = called("--serve", "0", env={"AQUE_BROKER": "postgresql://127.0.0.1:1/none"})
    assert (status, out, len(err)) == (3, "", 1)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("8000", "127.0.0.1:8000"),
        ("localhost:8000", "localhost:8000"),
        ("[::1]:8000", "[::1]:8000"),
        ("127.1.2.3:80", "127.1.2.3"),
    ],
)
def test_addresses_of_this_host(text: str, shown: str) -> None:
    address = Address.parse(text)
    assert address.shown == shown
    assert shown in address.names


@pytest.mark.parametrize(
    "text", ["", ":8000", "::1:8000", "0.0.0.0:1", "[::]:1", "example.org:1", "1.2.3.4:1", "65536", "-1"]
)
def test_addresses_that_others_reach_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Address.parse(text)
