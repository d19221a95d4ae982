"""Writes the tables of the manual anew from the declarations in the program: `python docs/tables.py`.

A table stands between the lines `<!-- table: name -->` and `<!-- end -->`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from aque.core import why
from aque.core.fields import FIELDS, REASONS, Field
from aque.core.fields.detail import DETAILS
from aque.core.fields.reasons import GROUPS

sys.path.append(str(Path(__file__).parents[1]))

from tests.library.cases import rows

_TABLE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _codes(texts: Iterable[str]) -> str:
    return " ".join(f"`{text}`" for text in texts)


def _field(field: Field) -> list[str]:
    name = f"`{field.name}`" + (f" ({_codes(field.aliases)})" if field.aliases else "")
    return [name, field.meaning, field.kind.expects, _codes(field.kind.operators), "yes" if field.sorts else ""]


def fields() -> str:
    """All fields: what they mean, which values and operators they take, and whether they sort."""
    return _table(("field", "meaning", "value", "operators", "sorts"), map(_field, FIELDS))


def reasons() -> str:
    """The reasons why a task does not run."""
    groups = ([f"`{name}`", f"any of {_codes(each)}"] for name, each in GROUPS.items())
    return _table(("reason", "meaning"), [*([f"`{each.name}`", each.meaning] for each in REASONS), *groups])


def whys() -> str:
    """What `aque why` tells, in its order."""
    return _table(("reason", "meaning"), ([f"`{reason.name}`", reason.meaning] for reason in why.REASONS))


def details() -> str:
    """What is known of one task beside its fields."""
    return _table(("name", "meaning"), ([f"`{item.name}`", item.meaning] for item in DETAILS))


def cases() -> str:
    """CPython's own cases of executors: which a queue passes, and why others do not apply to it."""
    return _table(("class", "cases", ""), rows())


TABLES: dict[str, Callable[[], str]] = {
    "cases": cases,
    "details": details,
    "fields": fields,
    "reasons": reasons,
    "whys": whys,
}


def renewed(text: str) -> str:
    """A page with all its tables made anew."""
    return _TABLE.sub(lambda match: match[1] + TABLES[match[2]]() + match[3], text)


if __name__ == "__main__":
    for page in Path(__file__).parent.glob("*.md"):
        page.write_text(renewed(page.read_text("utf-8")), "utf-8")
