"""The screens of `aque top` that have a place of their own, and what lists have."""
