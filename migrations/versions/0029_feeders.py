"""Feeders: which line of a plant a connection hangs on, and outages of one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; one open outage for a feeder, and one for the plant as a whole."""
    op.add_column("connection", sa.Column("feeder", sa.Text(), nullable=True))
    op.add_column("outage", sa.Column("feeder", sa.Text(), nullable=True))
    op.drop_index("outage_open", "outage")
    op.create_index(
        "outage_open",
        "outage",
        ["plant_id", "feeder"],
        unique=True,
        postgresql_where=sa.text("restored_at IS NULL"),
        postgresql_nulls_not_distinct=True,
    )


def downgrade() -> None:
    """Remove them; outages of feeders go, as two of one plant could be open."""
    op.drop_index("outage_open", "outage")
    op.execute("UPDATE request SET outage_id = NULL FROM outage WHERE outage.id = outage_id AND feeder <> ''")
    op.execute("DELETE FROM outage WHERE feeder <> ''")
    op.drop_column("outage", "feeder")
    op.create_index(
        "outage_open", "outage", ["plant_id"], unique=True, postgresql_where=sa.text("restored_at IS NULL")
    )
    op.drop_column("connection", "feeder")
