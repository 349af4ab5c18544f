"""New connections: which plant a village belongs to, and wishes that wait for a plant."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the indexes; the partial ones hold the few requests that are for new connections."""
    op.execute("CREATE INDEX customer_by_village ON customer (lower(village))")
    op.execute(
        "CREATE INDEX request_unplaced ON request (created_at) WHERE plant_id IS NULL AND closed_at IS NULL"
    )
    op.execute(
        "CREATE INDEX request_joined ON request (plant_id, closed_at) "
        "WHERE kind = 'new_connection' AND closed_at IS NOT NULL"
    )


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP INDEX request_joined")
    op.execute("DROP INDEX request_unplaced")
    op.execute("DROP INDEX customer_by_village")
