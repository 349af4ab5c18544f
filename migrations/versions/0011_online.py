"""Money online: payment links, webhooks as they came, payments at the provider, references of slips."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Create three tables and what a payment says of where it came from."""
    op.add_column("payment", sa.Column("reference", sa.Text()))
    op.add_column("payment", sa.Column("payer", sa.Text()))
    op.create_index(
        "payment_by_reference",
        "payment",
        ["mode", "reference"],
        unique=True,
        postgresql_where=sa.text("reference IS NOT NULL AND reversal_id IS NULL"),
    )
    op.create_table(
        "payment_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True),
        sa.Column("reference", sa.Text(), nullable=False, unique=True),
        sa.Column("connection_id", sa.BigInteger(), sa.ForeignKey("connection.id"), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'asked'"), nullable=False),
        sa.Column("provider_id", sa.Text()),
        sa.Column("url", sa.Text()),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "state IN ('asked', 'open', 'paid', 'expired', 'cancelled', 'failed')", name="state_known"
        ),
        sa.CheckConstraint("amount_paise > 0", name="positive"),
    )
    op.create_index(
        "payment_link_open",
        "payment_link",
        ["connection_id", "amount_paise"],
        unique=True,
        postgresql_where=sa.text("state IN ('asked', 'open')"),
    )
    asked = sa.text("state = 'asked'")
    op.create_index("payment_link_asked", "payment_link", ["id"], postgresql_where=asked)
    op.create_table(
        "provider_event",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("handled_at", MOMENT),
    )
    op.create_table(
        "online_payment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True),
        sa.Column("reference", sa.Text(), nullable=False, unique=True),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("payer", sa.Text()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("plant_id", sa.BigInteger(), sa.ForeignKey("plant.id"), nullable=False),
        sa.Column("refunded_paise", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), sa.ForeignKey("payment.id"), unique=True),
        sa.CheckConstraint("amount_paise > 0", name="positive"),
        sa.CheckConstraint("refunded_paise BETWEEN 0 AND amount_paise", name="refunded_at_most"),
    )
    unmatched = sa.text("payment_id IS NULL")
    op.create_index("online_payment_unmatched", "online_payment", ["id"], postgresql_where=unmatched)


def downgrade() -> None:
    """Remove them again."""
    for table in ("online_payment", "provider_event", "payment_link"):
        op.drop_table(table)
    op.drop_index("payment_by_reference", "payment")
    op.drop_column("payment", "payer")
    op.drop_column("payment", "reference")
