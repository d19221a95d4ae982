"""The widgets of `aque top`; they know neither the broker nor tasks."""
