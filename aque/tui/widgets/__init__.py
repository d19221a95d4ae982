"""The widgets of `aque top`; they know no broker."""
