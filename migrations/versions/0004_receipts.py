"""Receipts as proof: a short code on each, old ones included, and the tries of those who check one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# gen_random_uuid is PostgreSQL's strong source of chance; its first 32 bits are all random.
CODE = "lpad((('x' || left(gen_random_uuid()::text, 8))::bit(32)::bigint % 100000)::text, 5, '0')"


def upgrade() -> None:
    """Give every receipt its code, and a place to count wrong ones."""
    # A default that differs from row to row is worked out for the rows that are there, too.
    op.add_column("receipt", sa.Column("code", sa.Text(), server_default=sa.text(CODE), nullable=False))
    op.create_check_constraint("code_shape", "receipt", "code ~ '^[0-9]{5}$'")
    op.create_table(
        "receipt_check",
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("wrong", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("phone", "day"),
    )


def downgrade() -> None:
    """Take both away again."""
    op.drop_table("receipt_check")
    op.drop_constraint("code_shape", "receipt")
    op.drop_column("receipt", "code")
