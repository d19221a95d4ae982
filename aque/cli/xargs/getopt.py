"""A small getopt: short options with optional values, long ones that may be cut short, up to the first operand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum


class Value(Enum):
    """Whether an option takes a value."""

    NONE = 0
    OPTIONAL = 1
    REQUIRED = 2


@dataclass(frozen=True, slots=True)
class Option:
    """What an option is called. `exact` long names are found by their whole name alone."""

    key: str
    value: Value = Value.NONE
    short: str = ""
    long: str = ""
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """An option as it was given; `value` None where there was none."""

    option: Option
    value: str | None


class BadOption(Exception):
    """Options that make no sense: one line that says why."""


def parse(options: Sequence[Option], words: Sequence[str]) -> Iterator[Given | list[str]]:
    """The options in their order, and last what follows them. Raises BadOption at the first that is none."""
    rest = list(words)
    short = {option.short: option for option in options if option.short}
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word = rest.pop(0)
        if word == "--":
            break
        if word.startswith("--"):
            yield _long(options, word[2:], rest)
        else:
            yield from _cluster(short, word[1:], rest)
    yield rest


def _cluster(options: Mapping[str, Option], letters: str, rest: list[str]) -> Iterator[Given]:
    while letters:
        letter, letters = letters[0], letters[1:]
        if letter not in options:
            raise BadOption(f"invalid option -- '{letter}'")
        option = options[letter]
        if option.value is Value.NONE:
            yield Given(option, None)
            continue
        if option.value is Value.REQUIRED and not letters and not rest:
            raise BadOption(f"option requires an argument -- '{letter}'")
        yield Given(option, letters or (rest.pop(0) if option.value is Value.REQUIRED else None))
        return


def _long(options: Sequence[Option], text: str, rest: list[str]) -> Given:
    name, equals, value = text.partition("=")
    option = _find(options, name)
    if option.value is Value.NONE and equals:
        raise BadOption(f"option '--{option.long}' doesn't allow an argument")
    if equals:
        return Given(option, value)
    if option.value is not Value.REQUIRED:
        return Given(option, None)
    if not rest:
        raise BadOption(f"option '--{option.long}' requires an argument")
    return Given(option, rest.pop(0))


def _find(options: Sequence[Option], name: str) -> Option:
    exact = [option for option in options if option.long and option.long == name]
    found = exact or [option for option in options if option.long.startswith(name) and not option.exact]
    if not found:
        raise BadOption(f"unrecognized option '--{name}'")
    if len(found) > 1:
        names = " ".join(f"'--{option.long}'" for option in found)
        raise BadOption(f"option '--{name}' is ambiguous; possibilities: {names}")
    return found[0]
