"""What waits for a decision is found among many open requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index."""
    op.create_index(
        "request_to_decide",
        "request",
        ["plant_id", "kind", "state"],
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_index("request_to_decide", "request")
