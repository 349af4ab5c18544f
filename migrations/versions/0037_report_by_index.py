"""A month's report is read from its index alone, however many pages its requests lie on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index of closed requests anew, with what the report counts."""
    op.drop_index("request_closed", "request")
    op.create_index(
        "request_closed",
        "request",
        ["plant_id", "closed_at"],
        postgresql_include=["state", "created_at", "rating"],
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )


def downgrade() -> None:
    """Make it as it was."""
    op.drop_index("request_closed", "request")
    op.create_index(
        "request_closed",
        "request",
        ["plant_id", "closed_at"],
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )
