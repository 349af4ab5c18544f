"""Smart meters: commands, states; credit limits, flags for deactivation, the history of a status."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Add the columns and create the four tables."""
    _add_columns()
    _create_meters()
    _create_flags()


def _add_columns() -> None:
    op.add_column("connection", sa.Column("meter_driver", sa.Text()))
    op.add_column("connection", sa.Column("meter_id", sa.Text()))
    op.create_check_constraint(
        "meter_driver_known", "connection", "meter_driver IN ('sparkmeter', 'simulated')"
    )
    op.create_check_constraint("meter_whole", "connection", "(meter_driver IS NULL) = (meter_id IS NULL)")
    op.create_unique_constraint(None, "connection", ["meter_driver", "meter_id"])
    op.add_column("organisation", sa.Column("credit_limit_paise", sa.BigInteger()))
    op.add_column(
        "organisation",
        sa.Column("grace_days", sa.SmallInteger(), server_default=sa.text("7"), nullable=False),
    )
    op.add_column("package", sa.Column("credit_limit_paise", sa.BigInteger()))
    op.add_column("package", sa.Column("grace_days", sa.SmallInteger()))
    rule = "credit_limit_paise >= 0 AND grace_days >= 0"
    op.create_check_constraint("not_negative", "organisation", rule)
    op.create_check_constraint("limit_not_negative", "package", rule)


def _create_meters() -> None:
    op.create_table(
        "meter_command",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True),
        sa.Column("source", sa.Text(), nullable=False, unique=True),
        sa.Column("connection_id", sa.BigInteger(), sa.ForeignKey("connection.id"), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("tariff", sa.Text()),
        sa.Column("paise", sa.BigInteger()),
        sa.Column("state", sa.Text(), server_default=sa.text("'queued'"), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("next_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("reference", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.CheckConstraint(
            "action IN ('switch_on', 'switch_off', 'set_tariff', 'credit')", name="action_known"
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'done', 'failed', 'replaced')", name="state_known"
        ),
        sa.CheckConstraint("(action = 'set_tariff') = (tariff IS NOT NULL)", name="tariff_given"),
        sa.CheckConstraint("(action = 'credit') = (paise IS NOT NULL) AND paise > 0", name="credit_given"),
    )
    waiting = sa.text("state IN ('queued', 'sending')")
    op.create_index("meter_command_waiting", "meter_command", ["next_at"], postgresql_where=waiting)
    op.create_index("meter_command_by_connection", "meter_command", ["connection_id", "id"])
    op.create_table(
        "meter_state",
        sa.Column("connection_id", sa.BigInteger(), sa.ForeignKey("connection.id"), primary_key=True),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("wh", sa.BigInteger(), nullable=False),
        sa.Column("is_on", sa.Boolean()),
    )


def _create_flags() -> None:
    op.create_table(
        "connection_flag",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True),
        sa.Column("connection_id", sa.BigInteger(), sa.ForeignKey("connection.id"), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("arrears_paise", sa.BigInteger(), nullable=False),
        sa.Column("limit_paise", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("'credit_limit'"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'flagged'"), nullable=False),
        sa.Column("act_after", MOMENT, nullable=False),
        sa.Column("staff_told_at", MOMENT),
        sa.Column("off_at", MOMENT),
        sa.Column("excused_until", MOMENT),
        sa.Column("excused_by", sa.BigInteger(), sa.ForeignKey("staff.id")),
        sa.Column("ended_at", MOMENT),
        sa.CheckConstraint("state IN ('flagged', 'switched_off', 'excused', 'restored')", name="state_known"),
        sa.CheckConstraint("reason IN ('credit_limit')", name="reason_known"),
        sa.CheckConstraint("(state = 'restored') = (ended_at IS NOT NULL)", name="ended_when_restored"),
        sa.CheckConstraint("state <> 'switched_off' OR off_at IS NOT NULL", name="off_has_a_moment"),
        sa.CheckConstraint("state <> 'excused' OR excused_until IS NOT NULL", name="excused_has_an_end"),
    )
    open_ = sa.text("state <> 'restored'")
    op.create_index(
        "connection_flag_open", "connection_flag", ["connection_id"], unique=True, postgresql_where=open_
    )
    op.create_table(
        "connection_status",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True),
        sa.Column(
            "connection_id", sa.BigInteger(), sa.ForeignKey("connection.id"), nullable=False, index=True
        ),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), sa.ForeignKey("staff.id")),
        sa.CheckConstraint("status IN ('active', 'inactive', 'disconnected')", name="status_known"),
    )


def downgrade() -> None:
    """Remove them again."""
    for table in ("connection_status", "connection_flag", "meter_state", "meter_command"):
        op.drop_table(table)
    for table in ("package", "organisation"):
        op.drop_column(table, "grace_days")
        op.drop_column(table, "credit_limit_paise")
    op.drop_column("connection", "meter_id")
    op.drop_column("connection", "meter_driver")
