"""Supply off for a while: one at a time for a plant or a connection; commands for meters that don't wait."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index that keeps one open, and what marks a command as not waiting for the hours."""
    op.create_index(
        "request_supply_off",
        "request",
        ["plant_id", "connection_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'supply_off' AND closed_at IS NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.add_column(
        "meter_command",
        sa.Column("at_once", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )


def downgrade() -> None:
    """Remove both again."""
    op.drop_column("meter_command", "at_once")
    op.drop_index("request_supply_off", "request")
