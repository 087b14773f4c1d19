"""Alembic's entry: runs on the connection that `upgrade` hands over; there is no offline mode and no way back."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
