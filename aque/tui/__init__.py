"""The screen, `aque top`: screens made of widgets, fed by one thread that reads from the broker."""
