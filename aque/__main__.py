"""`python -m aque` is `aque`."""

from .cli.start import main

main()
