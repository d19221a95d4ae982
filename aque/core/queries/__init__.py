"""The one query layer: typed functions over named statements, which take a connection first and return frozen rows."""
