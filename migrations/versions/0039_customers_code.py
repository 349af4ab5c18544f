"""The question whether a fault is mended carries a code, so it is wiped when that no longer holds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Find both kinds of messages that carry codes by one index."""
    _make("kind IN ('code', 'mended') AND body <> ''")


def downgrade() -> None:
    """Find one-time codes only."""
    _make("kind = 'code' AND body <> ''")


def _make(which: str) -> None:
    op.drop_index("outbox_codes", "outbox")
    op.create_index("outbox_codes", "outbox", ["expires_at"], postgresql_where=sa.text(which))
