"""Deposits: what a payment was for; how much cash a collector may hold; payments found by their day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was paid for, limits of cash, and the index that totals of a period are read by."""
    op.add_column(
        "payment", sa.Column("purpose", sa.Text(), server_default=sa.text("'dues'"), nullable=False)
    )
    op.create_check_constraint("purpose_known", "payment", "purpose IN ('dues', 'deposit')")
    op.create_index("payment_by_day", "payment", ["paid_at"], postgresql_where=sa.text("reversal_id IS NULL"))
    for table in ("organisation", "staff"):
        op.add_column(table, sa.Column("float_limit_paise", sa.BigInteger()))
        op.create_check_constraint("float_positive", table, "float_limit_paise > 0")


def downgrade() -> None:
    """Remove them again."""
    for table in ("organisation", "staff"):
        op.drop_column(table, "float_limit_paise")
    op.drop_index("payment_by_day", "payment")
    op.drop_column("payment", "purpose")
