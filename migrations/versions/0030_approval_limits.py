"""Limits of approval: by role, from where on two people are needed, and what an approval was about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the limits, and amounts to requests and to the steps that decide about them."""
    op.create_table(
        "approval_limit",
        sa.Column("organisation_id", sa.BigInteger(), sa.ForeignKey("organisation.id"), primary_key=True),
        sa.Column("role", sa.Text(), primary_key=True),
        sa.Column("limit_paise", sa.BigInteger()),
        sa.CheckConstraint("role IN ('cluster_in_charge', 'state_in_charge')", name="role_known"),
        sa.CheckConstraint("limit_paise > 0", name="positive"),
    )
    op.add_column(
        "organisation",
        sa.Column("second_from_paise", sa.BigInteger(), server_default=sa.text("2000000")),
    )
    op.create_check_constraint("second_positive", "organisation", "second_from_paise > 0")
    for table in ("request", "request_event"):
        op.add_column(table, sa.Column("paise", sa.BigInteger()))


def downgrade() -> None:
    """Remove them again."""
    for table in ("request_event", "request"):
        op.drop_column(table, "paise")
    op.drop_column("organisation", "second_from_paise")
    op.drop_table("approval_limit")
