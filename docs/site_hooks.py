"""What MkDocs calls: the navigation of the site is the map in index.md, and pages are written as for other readers."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Final

INDEX: Final = Path(__file__).with_name("index.md")
_SECTION: Final = re.compile(r"^## (.+)\n((?:(?!## ).*\n?)*)", re.MULTILINE)
_PAGE: Final = re.compile(r"^\| \[([^\]]+)\]\(([\w/-]+\.md)\) \|", re.MULTILINE)
_ROW: Final = re.compile(r"^\|.*", re.MULTILINE)
_CODE: Final = re.compile(r"`[^`]*`")


def sections(index: str) -> dict[str, dict[str, str]]:
    """Each section of the map that has pages: these by their titles, in their order."""
    found = {title: dict(_PAGE.findall(body)) for title, body in _SECTION.findall(index)}
    return {title: pages for title, pages in found.items() if pages}


def on_config(config: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Called by MkDocs once it has read its configuration."""
    nav = [{title: [{name: page} for name, page in pages.items()]} for title, pages in sections(_index()).items()]
    config["nav"] = [{"The manual": INDEX.name}, *nav]
    return config


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Called by MkDocs for each page: in code within tables others ask for a backslash before `|`, and it shows it."""
    return _ROW.sub(lambda row: _CODE.sub(lambda code: code[0].replace("\\|", "|"), row[0]), markdown)


def _index() -> str:
    return INDEX.read_text("utf-8")
