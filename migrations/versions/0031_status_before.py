"""What a connection was before a change: a month is billed for the days on which it was active."""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what was kept before it says what followed only."""
    op.execute("ALTER TABLE connection_status ADD COLUMN was text")


def downgrade() -> None:
    """Forget it again."""
    op.execute("ALTER TABLE connection_status DROP COLUMN was")
