"""The audit's chain of hashes."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the seals; what was written before is sealed by the next job."""
    op.execute(
        """
        CREATE TABLE audit_seal (
            position bigint PRIMARY KEY,
            audit_id bigint NOT NULL UNIQUE REFERENCES audit,
            hash bytea NOT NULL
        )
        """
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_seal "
        "FOR EACH ROW EXECUTE FUNCTION forbid_change()"
    )
    op.execute(
        "CREATE TRIGGER no_truncate BEFORE TRUNCATE ON audit_seal "
        "FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()"
    )


def downgrade() -> None:
    """Drop the seals."""
    op.execute("DROP TABLE audit_seal")
