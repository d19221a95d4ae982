"""`python -m aque` is `aque`."""

from .cli.main import main

main()
