"""Late fees: an operator's rule, the days on which they are announced, and the one fee of a bill."""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

UP = (
    """
    ALTER TABLE organisation
        ADD COLUMN late_fee_paise bigint,
        ADD COLUMN late_fee_hundredths smallint,
        ADD COLUMN late_fee_cap_paise bigint,
        ADD COLUMN late_fee_days smallint NOT NULL DEFAULT 10,
        ADD CONSTRAINT late_fee_one_rule CHECK (num_nonnulls(late_fee_paise, late_fee_hundredths) <= 1),
        ADD CONSTRAINT late_fee_positive CHECK (late_fee_paise > 0 AND late_fee_hundredths > 0),
        ADD CONSTRAINT late_fee_bounds CHECK (late_fee_cap_paise > 0 AND late_fee_days >= 0)
    """,
    """
    CREATE TABLE bill_late_fee (
        bill_id bigint PRIMARY KEY REFERENCES bill,
        connection_id bigint NOT NULL REFERENCES connection,
        run_id bigint NOT NULL REFERENCES billing_run,
        paise bigint NOT NULL,
        falls_on date NOT NULL,
        notices text[] NOT NULL,
        noticed_at timestamptz NOT NULL,
        closed_at timestamptz,
        entry_id bigint UNIQUE REFERENCES entry,
        reversal_id bigint UNIQUE REFERENCES entry,
        waived_by bigint REFERENCES staff,
        reason text,
        CONSTRAINT positive CHECK (paise > 0),
        CONSTRAINT closed_whole CHECK (entry_id IS NULL OR closed_at IS NOT NULL),
        CONSTRAINT reversed_whole CHECK (reversal_id IS NULL OR entry_id IS NOT NULL),
        CONSTRAINT waived_whole CHECK ((waived_by IS NULL) = (reason IS NULL))
    )
    """,
    "CREATE INDEX bill_late_fee_open ON bill_late_fee (run_id, bill_id) WHERE closed_at IS NULL",
    """
    CREATE INDEX bill_late_fee_standing ON bill_late_fee (connection_id)
    WHERE reversal_id IS NULL AND waived_by IS NULL
    """,
    """
    CREATE TABLE late_fee_round (
        run_id bigint NOT NULL REFERENCES billing_run,
        day date NOT NULL,
        reached bigint NOT NULL DEFAULT 0,
        finished_at timestamptz,
        PRIMARY KEY (run_id, day)
    )
    """,
)


def upgrade() -> None:
    """Add the rule and the tables; nobody has a rule yet."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Forget rules and fees; what was charged stays in the books."""
    op.execute("DROP TABLE late_fee_round")
    op.execute("DROP TABLE bill_late_fee")
    for column in ("paise", "hundredths", "cap_paise", "days"):
        op.execute(f"ALTER TABLE organisation DROP COLUMN late_fee_{column}")
