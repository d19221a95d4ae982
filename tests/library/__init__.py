"""The library as its users meet it: as an executor, under asyncio, behind joblib."""
