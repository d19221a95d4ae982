"""The way to PostgreSQL: connections with time limits, statements from .sql files, the schema and its migrations."""
