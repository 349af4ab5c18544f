"""What people want to be sent and where, the templates of WhatsApp, and why a message took another road."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create them; nullable columns without a default rewrite no row."""
    op.add_column("outbox", sa.Column("detour", sa.Text()))
    op.add_column("phone", sa.Column("stopped", MOMENT))
    op.add_column("phone", sa.Column("whatsapp", MOMENT))
    op.create_table(
        "consent",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.CheckConstraint("purpose IN ('messages', 'whatsapp')", name="purpose_known"),
    )
    op.create_index("ix_consent_phone", "consent", ["phone"])
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON consent "
        "FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()"
    )
    op.create_table(
        "whatsapp_template",
        sa.Column("account", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("checked_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("language IN ('en', 'hi', 'hi-Latn')", name="language_known"),
    )
    op.create_index("whatsapp_template_by_key", "whatsapp_template", ["key", "language"])
    op.create_index(
        "inbound_on_whatsapp",
        "inbound",
        ["sender", "received_at"],
        postgresql_where=sa.text("channel = 'whatsapp'"),
    )


def downgrade() -> None:
    """Remove them again."""
    op.drop_index("inbound_on_whatsapp", "inbound")
    op.drop_table("whatsapp_template")
    op.drop_table("consent")
    op.drop_column("phone", "whatsapp")
    op.drop_column("phone", "stopped")
    op.drop_column("outbox", "detour")
