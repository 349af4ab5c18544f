"""A coupon made alone knows the act that made it, so that a repeat of the act makes no second one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("coupon", sa.Column("source", sa.Text(), nullable=True))
    op.create_unique_constraint("uq_coupon_source", "coupon", ["source"])


def downgrade() -> None:
    """Remove it again."""
    op.drop_column("coupon", "source")
