"""Texts of tasks, made fit to be shown."""

from __future__ import annotations


def clean(text: str) -> str:
    """A text with nothing in it that a terminal obeys: what cannot be printed stands there as its escape."""
    return text if text.isprintable() else "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
