"""The process that starts, watches, kills and reaps a worker's tasks; it knows nothing of the database."""
