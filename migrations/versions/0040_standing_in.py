"""A step says for whom it was taken, where somebody stood in for who was away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add for whom; find those whom somebody stands in for."""
    op.add_column("request_event", sa.Column("for_staff_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_request_event_for_staff_id_staff"), "request_event", "staff", ["for_staff_id"], ["id"]
    )
    op.create_index("leave_by_stand_in", "leave", ["stand_in_id", "last"])


def downgrade() -> None:
    """As it was."""
    op.drop_index("leave_by_stand_in", "leave")
    op.drop_column("request_event", "for_staff_id")
