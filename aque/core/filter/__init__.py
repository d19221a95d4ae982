"""The filter language, the same for commands and screens: `state:error user:me memory>4G -host:bob render`.

    text → parse() → nodes ─┬─ show()       the text again
                            ├─ predicate()  a test of rows that are here
                            └─ condition()  SQL for those in the broker (queries use it; it alone needs the driver)

The parser is written by hand: the grammar is small, what may stand in a value depends on the term before it, and errors
must tell people where they are and what was expected.
"""

from .ast import All, AnyOf, Node, Not, Term, Word
from .errors import FilterError
from .grammar import parse
from .printer import show

__all__ = [
    "All",
    "AnyOf",
    "FilterError",
    "Node",
    "Not",
    "Term",
    "Word",
    "parse",
    "show",
]
