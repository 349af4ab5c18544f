"""A lost phone of staff is blocked: whoever is listed acts only while their phone is not the blocked one."""

from __future__ import annotations

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What the spreadsheet says is one thing, whether somebody acts follows from it and from the block."""
    op.execute("ALTER TABLE staff RENAME COLUMN active TO listed")
    op.execute("ALTER TABLE staff ADD blocked_phone text")
    op.execute(
        "ALTER TABLE staff ADD active boolean NOT NULL GENERATED ALWAYS AS "
        "(listed AND (blocked_phone IS NULL OR blocked_phone IS DISTINCT FROM phone)) STORED"
    )


def downgrade() -> None:
    """As it was: who is listed acts."""
    op.execute("ALTER TABLE staff DROP active, DROP blocked_phone")
    op.execute("ALTER TABLE staff RENAME COLUMN listed TO active")
