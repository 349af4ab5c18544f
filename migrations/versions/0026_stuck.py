"""What looks for what is stuck, and for a payment by the number its provider gave it, finds it at once."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the indexes."""
    op.execute("CREATE INDEX provider_event_waiting ON provider_event (received_at) WHERE handled_at IS NULL")
    op.execute("CREATE INDEX online_payment_by_reference ON online_payment (lower(reference))")
    op.execute("CREATE INDEX payment_by_slip ON payment (lower(reference)) WHERE reference IS NOT NULL")


def downgrade() -> None:
    """Remove them again."""
    for index in ("payment_by_slip", "online_payment_by_reference", "provider_event_waiting"):
        op.execute(f"DROP INDEX {index}")
