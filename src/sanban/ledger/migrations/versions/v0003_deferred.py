"""0003: how far the tables that are filled behind the commands have been filled.

Nothing is filled yet, so a home that has events fills them with its next run.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Makes the table; a district without a row there has filled nothing."""
    op.create_table(
        "deferred",
        Column("district", Text().with_variant(Text(collation="C"), "postgresql"), primary_key=True),
        Column("position", BigInteger(), nullable=False),
    )
