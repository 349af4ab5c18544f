"""WhatsApp: what can be tapped in a message, and the Twilio contents that show it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and the column; a nullable column without a default rewrites no row."""
    op.add_column("outbox", sa.Column("widget", postgresql.JSONB()))
    op.create_table(
        "whatsapp_content",
        sa.Column("account", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )


def downgrade() -> None:
    """Remove them again."""
    op.drop_table("whatsapp_content")
    op.drop_column("outbox", "widget")
