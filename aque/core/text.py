"""Texts of tasks, made fit to be shown; and numbers of things."""

from __future__ import annotations


def clean(text: str) -> str:
    """A text with nothing in it that a terminal obeys: what cannot be printed stands there as its escape."""
    return text if text.isprintable() else "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def count(number: int, what: str) -> str:
    """1 task, 2 tasks, 10,000 tasks."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
