"""Runs the migrations on the connection it is given, inside the transaction that connection is in."""

from __future__ import annotations

from alembic import context

from archive.catalogue import (  # noqa: F401
    alert_tables,
    audit_tables,
    checkpoint_tables,
    destruction_tables,
    disposal_tables,
    policy_tables,
    retention_tables,
    rights_tables,
    sealing_tables,
    service_tables,
    tables,
    worker_tables,
)

# Importing the tables of rights adds them to the same metadata.
_metadata = rights_tables.accounts.metadata
assert _metadata is tables.metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=_metadata, transactional_ddl=True)
context.run_migrations()
