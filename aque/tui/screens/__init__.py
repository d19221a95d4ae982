"""The screens of `aque top`."""
