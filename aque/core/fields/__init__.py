"""The fields of a task that lists show, sort by and filter on, each declared once.

Columns, CSV, JSON, `--sort`, the filter language and the tables of the manual all come from `FIELDS`. In SQL a field is
the column of its name in queries/listing.sql.
"""

from .declaration import BY_NAME, FIELDS, Field, find, hint, parse_names
from .kinds import NONE, Kind, Shape
from .reasons import REASONS, Reason

__all__ = ["BY_NAME", "FIELDS", "NONE", "REASONS", "Field", "Kind", "Reason", "Shape", "find", "hint", "parse_names"]
