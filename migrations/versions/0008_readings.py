"""Readings: who took them, what went before them on older meters, and what they were before a correction."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)
HISTORY = ("reading_was", "meter_change")


def upgrade() -> None:
    """Widen reading; create the two tables of its history, to which rows are only ever added."""
    op.add_column(
        "reading", sa.Column("before_wh", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("reading", sa.Column("staff_id", sa.BigInteger(), sa.ForeignKey("staff.id")))
    op.add_column("reading", sa.Column("noted_at", MOMENT))
    newest = sa.text("noted_at DESC")
    op.create_index(
        "reading_by_staff",
        "reading",
        ["staff_id", newest],
        postgresql_where=sa.text("staff_id IS NOT NULL"),
    )
    op.create_table(
        "reading_was",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True),
        sa.Column("reading_id", sa.BigInteger(), nullable=False, index=True),
        sa.Column("connection_id", sa.BigInteger(), sa.ForeignKey("connection.id"), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("wh", sa.BigInteger(), nullable=False),
        sa.Column("before_wh", sa.BigInteger(), nullable=False),
        sa.Column("bands", postgresql.JSONB()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), sa.ForeignKey("staff.id")),
        sa.Column("noted_at", MOMENT),
        sa.Column("ended_at", MOMENT, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.CheckConstraint("why IN ('corrected', 'undone')", name="why_known"),
    )
    op.create_table(
        "meter_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True),
        sa.Column("source", sa.Text(), nullable=False, unique=True),
        sa.Column("connection_id", sa.BigInteger(), sa.ForeignKey("connection.id"), nullable=False),
        sa.Column("changed_on", sa.Date(), nullable=False),
        sa.Column("old_number", sa.Text()),
        sa.Column("closing_wh", sa.BigInteger(), nullable=False),
        sa.Column("new_number", sa.Text(), nullable=False),
        sa.Column("opening_wh", sa.BigInteger(), nullable=False),
        sa.Column("wh", sa.BigInteger(), nullable=False),
        sa.Column("before_wh", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("before_wh + opening_wh = wh", name="goes_on"),
    )
    op.create_index("meter_change_of", "meter_change", ["connection_id", "changed_on"])
    for table in HISTORY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION forbid_change()"
        )


def downgrade() -> None:
    """Remove them again."""
    for table in HISTORY:
        op.drop_table(table)
    op.drop_index("reading_by_staff", table_name="reading")
    for column in ("noted_at", "staff_id", "before_wh"):
        op.drop_column("reading", column)
