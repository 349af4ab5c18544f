"""Photos that people send."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "photo",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("caption", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("key", sa.Text()),
        sa.Column("bytes", sa.BigInteger()),
        sa.Column("request_id", sa.BigInteger(), sa.ForeignKey("request.id")),
        sa.Column("self_reading_id", sa.BigInteger(), sa.ForeignKey("self_reading.id")),
        sa.CheckConstraint("state IN ('waiting', 'kept', 'refused')", name="state_known"),
        sa.CheckConstraint("(state = 'kept') = (key IS NOT NULL)", name="kept"),
        sa.UniqueConstraint("provider_id", "place"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("photo_waiting", "photo", ["next_at"], postgresql_where=sa.text("state = 'waiting'"))
    op.create_index("photo_old", "photo", ["received_at"])
    op.create_index(
        "photo_loose",
        "photo",
        ["phone", "received_at"],
        postgresql_where=sa.text("request_id IS NULL AND self_reading_id IS NULL"),
    )
    op.create_index(
        "photo_of_request", "photo", ["request_id"], postgresql_where=sa.text("request_id IS NOT NULL")
    )
    op.create_index(
        "photo_of_reading",
        "photo",
        ["self_reading_id"],
        postgresql_where=sa.text("self_reading_id IS NOT NULL"),
    )


def downgrade() -> None:
    """Remove it again."""
    op.drop_table("photo")
