"""Workers: they capture tasks within the cpus and memory of their host, and run them by a runner beside them."""

from .worker import OUTPUT_LIMIT, Worker

__all__ = ["OUTPUT_LIMIT", "Worker"]
