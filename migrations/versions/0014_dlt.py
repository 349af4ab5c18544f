"""DLT: templates as registered, and which words a message was made of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and the column; a nullable column without a default rewrites no row."""
    op.add_column("outbox", sa.Column("template", sa.Text()))
    op.create_table(
        "dlt_template",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("header", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.CheckConstraint("language IN ('en', 'hi', 'hi-Latn')", name="language_known"),
        sa.CheckConstraint("id ~ '^[0-9]{19}$'", name="id_digits"),
    )
    op.create_index("dlt_template_by_key", "dlt_template", ["key", "language"])


def downgrade() -> None:
    """Remove them again."""
    op.drop_table("dlt_template")
    op.drop_column("outbox", "template")
