"""aque beside others, in one run each: `python -m benchmarks --help`."""
