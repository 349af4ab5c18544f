"""New connections: which plant a village belongs to, and wishes that wait for a plant."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create two indexes; the second one stays small, because most wishes have their plant."""
    op.execute("CREATE INDEX customer_by_village ON customer (lower(village))")
    op.execute(
        "CREATE INDEX request_unplaced ON request (created_at) WHERE plant_id IS NULL AND closed_at IS NULL"
    )


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP INDEX request_unplaced")
    op.execute("DROP INDEX customer_by_village")
