"""Who is away on a day, and who stands in for them, is said once."""

from __future__ import annotations

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

# A query that asks it is planned as if it said this itself: one plain, stable SELECT is taken in whole.
AWAY_ON = """
CREATE FUNCTION away_on(day date)
RETURNS TABLE (leave_id bigint, staff_id bigint, stand_in_id bigint, until date) LANGUAGE sql STABLE AS $$
    SELECT leave.id, leave.staff_id, leave.stand_in_id, leave.last FROM leave
    WHERE leave.ended_at IS NULL AND day BETWEEN leave.first AND leave.last
$$
"""


def upgrade() -> None:
    """Create the function."""
    op.execute(AWAY_ON)


def downgrade() -> None:
    """Remove it again."""
    op.execute("DROP FUNCTION away_on(date)")
