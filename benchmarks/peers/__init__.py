"""Other queues and tools, each ready to do a number of tasks that do nothing."""
