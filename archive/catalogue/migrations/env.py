"""Runs the migrations on the connection it is given, inside the transaction that connection is in."""

from __future__ import annotations

from alembic import context

from archive.catalogue.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
