"""Pictures beside the words of a message."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the column; a nullable one without a default rewrites no row."""
    op.add_column("outbox", sa.Column("picture", postgresql.JSONB()))


def downgrade() -> None:
    """Remove it again."""
    op.drop_column("outbox", "picture")
