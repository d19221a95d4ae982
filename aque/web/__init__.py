"""`aque top` in a browser: only for who has the link, on this host."""
