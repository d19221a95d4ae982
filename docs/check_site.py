"""Looks whether the site fetches anything from elsewhere: `python docs/check_site.py FOLDER`. MkDocs checks links."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

_FETCHED: Final[Mapping[str, str]] = {
    **dict.fromkeys(("audio", "embed", "iframe", "img", "input", "script", "source", "track", "video"), "src"),
    "image": "href",
    "link": "href",
    "object": "data",
    "use": "href",
}
"""The attribute by which an element has something fetched."""
_ELSEWHERE: Final = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_STYLE: Final = re.compile(r"(?:url\(\s*|@import\s+)[\"']?([^\"')\s]+)")


class Page(HTMLParser):
    """The addresses that a browser would fetch for a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One element; its own style counts as well."""
        given = {name: value or "" for name, value in attrs}
        if "mermaid" in given.get("class", "").split():
            self.fetched.append("//a diagram that a script of others would draw")
        self.fetched += [given[name] for name in (_FETCHED.get(tag, ""),) if name in given]
        self.fetched += _STYLE.findall(given.get("style", ""))


def foreign(folder: Path) -> Iterator[tuple[Path, str]]:
    """Each file of a site, with each address of elsewhere that it fetches."""
    for page in sorted(folder.rglob("*.html")):
        yield from ((page, each) for each in Page(page.read_text("utf-8")).fetched if _ELSEWHERE.match(each))
    for sheet in sorted(folder.rglob("*.css")):
        yield from ((sheet, each) for each in _STYLE.findall(sheet.read_text("utf-8")) if _ELSEWHERE.match(each))


if __name__ == "__main__":
    site = Path(sys.argv[1])
    found = list(foreign(site))
    for file, address in found:
        print(f"{file}: fetches {address}", file=sys.stderr)
    if not (site / "index.html").exists() or found:
        sys.exit(1)
    print(f"{site}/index.html: {len(list(site.rglob('*.html')))} pages, which fetch nothing from elsewhere")
