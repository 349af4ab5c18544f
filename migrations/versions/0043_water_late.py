"""Water that was sold on an earlier day and is written down later counts for its own day."""

from __future__ import annotations

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the day; what is there was written down on its day."""
    op.execute("ALTER TABLE water_sale ADD sold_on date")
    op.execute("UPDATE water_sale SET sold_on = (sold_at AT TIME ZONE 'Asia/Kolkata')::date")
    op.execute("ALTER TABLE water_sale ALTER sold_on SET NOT NULL")
    op.execute("CREATE INDEX water_sale_by_day ON water_sale (plant_id, sold_on) WHERE undone_at IS NULL")


def downgrade() -> None:
    """As it was: the day it was written down."""
    op.execute("DROP INDEX water_sale_by_day")
    op.execute("ALTER TABLE water_sale DROP sold_on")
