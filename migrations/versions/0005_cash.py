"""Cash between hands: hand-overs, the day's close, disputed receipts, numbered lists of payments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Create the four tables."""
    op.create_table(
        "handover",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True),
        sa.Column("source", sa.Text(), nullable=False, unique=True),
        sa.Column("giver_id", sa.BigInteger(), sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("taker_id", sa.BigInteger(), sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'offered'"), nullable=False),
        sa.Column("offered_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("entry_id", sa.BigInteger(), sa.ForeignKey("entry.id"), unique=True),
        sa.CheckConstraint(
            "state IN ('offered', 'taken', 'refused', 'withdrawn', 'expired')", name="state_known"
        ),
        sa.CheckConstraint("amount_paise > 0", name="positive"),
        sa.CheckConstraint("giver_id <> taker_id", name="two_people"),
        sa.CheckConstraint("(state = 'taken') = (entry_id IS NOT NULL)", name="moved_when_taken"),
    )
    open_ = sa.text("state = 'offered'")
    op.create_index("handover_open", "handover", ["giver_id"], unique=True, postgresql_where=open_)
    op.create_index("handover_to", "handover", ["taker_id"], postgresql_where=open_)
    op.create_table(
        "cash_close",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True),
        sa.Column("source", sa.Text(), nullable=False, unique=True),
        sa.Column("staff_id", sa.BigInteger(), sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("counted_paise", sa.BigInteger(), nullable=False),
        sa.Column("expected_paise", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("entry_id", sa.BigInteger(), sa.ForeignKey("entry.id"), unique=True),
        sa.CheckConstraint("(counted_paise = expected_paise) = (entry_id IS NULL)", name="difference_posted"),
    )
    op.create_index("cash_close_by_staff", "cash_close", ["staff_id", "at"])
    op.create_table(
        "dispute",
        sa.Column("payment_id", sa.BigInteger(), sa.ForeignKey("payment.id"), primary_key=True),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.Column("settled_by", sa.BigInteger(), sa.ForeignKey("staff.id")),
        sa.Column("outcome", sa.Text()),
        sa.CheckConstraint("outcome IN ('keep', 'undo')", name="outcome_known"),
        sa.CheckConstraint("(outcome IS NULL) = (settled_at IS NULL)", name="settled_whole"),
    )
    op.create_table(
        "cash_list",
        sa.Column("staff_id", sa.BigInteger(), sa.ForeignKey("staff.id"), primary_key=True),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )


def downgrade() -> None:
    """Remove them again."""
    for table in ("cash_list", "dispute", "cash_close", "handover"):
        op.drop_table(table)
