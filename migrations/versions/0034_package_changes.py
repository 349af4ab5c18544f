"""Package changes that are being carried through are found without reading the history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index of open changes."""
    op.create_index(
        "request_changing",
        "request",
        ["id"],
        postgresql_where=sa.text("kind = 'package_change' AND closed_at IS NULL"),
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_index("request_changing", "request")
