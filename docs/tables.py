"""Writes the tables of the manual anew from the declarations in the program: `python docs/tables.py`.

A table stands between the lines `<!-- table: name -->` and `<!-- end -->`.
"""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from inspect import cleandoc
from pathlib import Path
from typing import Any, Final

from aque.core import errors as tree
from aque.core import why
from aque.core.child.errors import AqueError
from aque.core.config import SETTINGS
from aque.core.fields import FIELDS, REASONS, Field
from aque.core.fields.detail import DETAILS
from aque.core.fields.reasons import GROUPS
from aque.core.filter import FilterError
from aque.core.rules import RULES
from aque.core.task import Prototype
from aque.core.variables import IN_TASKS, VARIABLES

sys.path.append(str(Path(__file__).parents[1]))

from tests.library.cases import rows as of_executors

DOCS: Final = Path(__file__).parent
_TABLE: Final = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_ON_SUBMISSION: Final = {
    "cpus": "how many cpus it takes; `/4`: a fourth of its host",
    "environ": "its environment; kept apart, and once for all tasks that have the same",
    "hold": "it is paused until someone resumes it",
    "host": "where it may run; with `!` where it may not",
    "stdin_value": "the content that it reads, in the place of `stdin`",
}
"""Fields that mean something else, or nothing, once the task is there."""
_FROM_HERE: Final = ("cwd", "environ", "user", "interpreter")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    body = "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)
    return f"\n{body}\n"  # what makes the site takes no table that touches a comment


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
    return _table(("class", "cases", ""), of_executors())


def prototype() -> str:
    """The fields that can be given on submission: what they mean, how they are written, and what holds without them."""
    told: Mapping[str, str] = {each.name: each.meaning for each in (*DETAILS, *FIELDS)} | _ON_SUBMISSION
    rows = (
        [f"`{name}`", told[name], rule.expects, _default(name), "yes" if rule.inherited else ""]
        for name, rule in RULES.items()
    )
    return _table(("field", "meaning", "value", "default", "inherited"), rows)


def _default(name: str) -> str:
    if name in _FROM_HERE:
        return "that of the submitter"
    field: dataclasses.Field[Any] = {each.name: each for each in dataclasses.fields(Prototype)}[name]
    value = field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default
    return f"`{value}`" if value else ""


def errors() -> str:
    """The tree of errors, each below the one that it is a kind of."""
    return _table(("error", "exit status", "meaning"), _below(AqueError, 0))


def _below(kind: type[AqueError], depth: int) -> Iterator[list[str]]:
    public = {getattr(tree, name) for name in tree.__all__} | {FilterError}
    meaning = " ".join(cleandoc(kind.__doc__ or "").partition("\n\n")[0].split())
    yield ["&emsp;" * depth + f"`{kind.__name__}`", str(kind.exit_code), meaning]
    for each in kind.__subclasses__():
        if each in public:
            yield from _below(each, depth + 1)


def exits() -> str:
    """The exit statuses of commands."""
    return _table(("exit status", ""), ([str(status), told] for status, told in tree.EXITS.items()))


def variables() -> str:
    """The variables that aque reads."""
    return _table(("variable", "meaning", "default"), ([f"`{v.name}`", v.meaning, v.default] for v in VARIABLES))


def intasks() -> str:
    """The variables that tasks are given."""
    return _table(("variable", "meaning"), ([f"`{each.name}`", each.meaning] for each in IN_TASKS))


def settings() -> str:
    """What config.toml may say."""
    return _table(("setting", "meaning"), ([f"`{name}`", meaning] for name, meaning in SETTINGS.items()))


def keys() -> str:
    """The keys of the screen, in the groups of its help, and where they are to be had."""
    from aque.tui.app import contexts  # Textual, for this table alone
    from aque.tui.commands import GROUPS as parts
    from aque.tui.places import PLACES

    places = dict(zip([*(place.name for place in PLACES), "a task", "output"], contexts(), strict=True))
    where: dict[tuple[str, ...], list[str]] = {}
    for place, commands in places.items():
        for each in commands:
            row = (each.group, _codes(each.key_names()), f"`{each.name}`", each.help)
            where.setdefault(row, []).append(place)
    ordered = sorted(where.items(), key=lambda item: parts.index(item[0][0]))
    rows = ([*row, "all" if len(found) == len(places) else ", ".join(found)] for row, found in ordered)
    return _table(("for", "keys", "command", "", "on"), rows)


TABLES: Final[Mapping[str, Callable[[], str]]] = {
    each.__name__: each
    for each in (cases, details, errors, exits, fields, intasks, keys, prototype, reasons, settings, variables, whys)
}


def pages() -> list[Path]:
    """All pages of the manual."""
    return sorted(DOCS.rglob("*.md"))


def renewed(text: str) -> str:
    """A page with all its tables made anew."""
    return _TABLE.sub(lambda match: match[1] + TABLES[match[2]]() + match[3], text)


if __name__ == "__main__":
    for page in pages():
        page.write_text(renewed(page.read_text("utf-8")), "utf-8")
