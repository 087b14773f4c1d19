"""0001: the tables of the first release."""

from __future__ import annotations

from alembic import op

from sanban.ledger import vault_schema
from sanban.ledger.schema import metadata

revision = "0001"
down_revision = None

TABLES = (*metadata.sorted_tables, vault_schema.vault_key)


def upgrade() -> None:
    """Creates every table."""
    metadata.create_all(op.get_bind())
