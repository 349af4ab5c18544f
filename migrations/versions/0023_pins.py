"""The staff's PIN."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "staff_pin",
        sa.Column(
            "staff_id", sa.BigInteger(), sa.ForeignKey("staff.id"), primary_key=True, autoincrement=False
        ),
        sa.Column("digest", sa.Text()),
        sa.Column("pending", sa.Text()),
        sa.Column("failures", sa.SmallInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("set_at", sa.DateTime(timezone=True)),
    )


def downgrade() -> None:
    """Remove it again."""
    op.drop_table("staff_pin")
