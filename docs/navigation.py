"""The navigation of the site: the sections of index.md, and the pages that their tables name. A hook of MkDocs."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

INDEX = Path(__file__).with_name("index.md")
_SECTION = re.compile(r"^## (.+)\n((?:(?!## ).*\n?)*)", re.MULTILINE)
_PAGE = re.compile(r"^\| \[([^\]]+)\]\(([\w/-]+\.md)\) \|", re.MULTILINE)


def sections(index: str) -> dict[str, dict[str, str]]:
    """Each section of the map that has pages: these by their titles, in their order."""
    found = {title: dict(_PAGE.findall(body)) for title, body in _SECTION.findall(index)}
    return {title: pages for title, pages in found.items() if pages}


def on_config(config: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Called by MkDocs once it has read its configuration."""
    nav = [{title: [{name: page} for name, page in pages.items()]} for title, pages in sections(_index()).items()]
    config["nav"] = [{"The manual": INDEX.name}, *nav]
    return config


def _index() -> str:
    return INDEX.read_text("utf-8")
