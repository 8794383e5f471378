"""The Python worker for hostile files: run with ``python -m ingest.inspector``, asked through ``inspector_pool``."""
