"""Why tasks do not run: the reasons in words, what would change them, and a forecast.

`forecast` tells when, `demands` what workers lack, `waiting` and `done` the other reasons; `reasons` has all of them in
their order, and `explain` is what everybody calls.
"""

from .explain import Why, explain
from .reasons import REASONS

__all__ = ["REASONS", "Why", "explain"]
