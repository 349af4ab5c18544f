"""The first schema"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the first tables of core/tables."""
    op.execute("CREATE SEQUENCE plant_number_seq START 11")
    op.execute("CREATE SEQUENCE connection_number_seq START 20000")
    op.execute("CREATE SEQUENCE request_number_seq START 1000")
    op.create_table(
        "customer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_local", sa.Text(), nullable=True),
        sa.Column("village", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reference"),
    )
    op.create_table(
        "gateway_pause",
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("since", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("until", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("gateway"),
    )
    op.create_table(
        "handled",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("talk", sa.Text(), nullable=False),
        sa.Column("caller", sa.LargeBinary(), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index(op.f("ix_handled_talk"), "handled", ["talk"], unique=False)
    op.create_table(
        "inbound",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column(
            "received_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("handled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("provider", "provider_id"),
    )
    op.create_index(
        "inbound_waiting",
        "inbound",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("handled_at IS NULL"),
    )
    op.create_table(
        "one_time_code",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sent_to", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("used_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_one_time_code_asked_by"), "one_time_code", ["asked_by"], unique=False)
    op.create_index("one_time_code_sent", "one_time_code", ["sent_to", "created_at"], unique=False)
    op.create_table(
        "organisation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "features",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_table(
        "phone",
        sa.Column("e164", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("unreachable", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("e164"),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_local", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("cash_limit_paise", sa.BigInteger(), server_default=sa.text("500000"), nullable=False),
        sa.CheckConstraint(
            "role IN ('operator', 'technician', 'csa', 'cluster_in_charge', 'state_in_charge')",
            name="role_known",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
        sa.UniqueConstraint("phone"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column(
            "details", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("audit_by_object", "audit", ["object"], unique=False)
    op.create_index("audit_by_staff", "audit", ["staff_id", "at"], unique=False)
    op.create_table(
        "package",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_local", sa.Text(), nullable=True),
        sa.Column("load_watts", sa.BigInteger(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("energy_paise", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("monthly_paise", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("deposit_paise", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("prepaid", sa.Boolean(), nullable=False),
        sa.Column("metered", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "load_watts > 0 AND energy_paise >= 0 AND monthly_paise >= 0 AND deposit_paise >= 0",
            name="not_negative",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_table(
        "state",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_table(
        "cluster",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("state_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["state_id"],
            ["state.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_table(
        "plant",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("cluster_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "number", sa.SmallInteger(), server_default=sa.text("nextval('plant_number_seq')"), nullable=False
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_local", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cluster_id"],
            ["cluster.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
        sa.UniqueConstraint("number"),
    )
    op.create_table(
        "connection",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column("package_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("meter_number", sa.Text(), nullable=True),
        sa.Column("connected_on", sa.Date(), nullable=True),
        sa.CheckConstraint("status IN ('active', 'inactive', 'disconnected')", name="status_known"),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.ForeignKeyConstraint(
            ["package_id"],
            ["package.id"],
        ),
        sa.ForeignKeyConstraint(
            ["plant_id"],
            ["plant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("reference"),
    )
    op.create_index(op.f("ix_connection_customer_id"), "connection", ["customer_id"], unique=False)
    op.create_index(op.f("ix_connection_plant_id"), "connection", ["plant_id"], unique=False)
    op.create_table(
        "entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["plant_id"],
            ["plant.id"],
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"],
            ["entry.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reverses_id"),
        sa.UniqueConstraint("source"),
    )
    op.create_table(
        "package_plant",
        sa.Column("package_id", sa.BigInteger(), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["package_id"],
            ["package.id"],
        ),
        sa.ForeignKeyConstraint(
            ["plant_id"],
            ["plant.id"],
        ),
        sa.PrimaryKeyConstraint("package_id", "plant_id"),
    )
    op.create_table(
        "receipt_counter",
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plant_id"],
            ["plant.id"],
        ),
        sa.PrimaryKeyConstraint("plant_id", "year"),
    )
    op.create_table(
        "staff_scope",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=True),
        sa.Column("cluster_id", sa.BigInteger(), nullable=True),
        sa.Column("state_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("num_nonnulls(plant_id, cluster_id, state_id) = 1", name="one_place"),
        sa.ForeignKeyConstraint(
            ["cluster_id"],
            ["cluster.id"],
        ),
        sa.ForeignKeyConstraint(
            ["plant_id"],
            ["plant.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["state_id"],
            ["state.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "staff_id", "plant_id", "cluster_id", "state_id", postgresql_nulls_not_distinct=True
        ),
    )
    op.create_index(op.f("ix_staff_scope_staff_id"), "staff_scope", ["staff_id"], unique=False)
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("plant_id", sa.BigInteger(), nullable=True),
        sa.Column("balance_paise", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("num_nonnulls(connection_id, staff_id, plant_id) = 1", name="one_owner"),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
        ),
        sa.ForeignKeyConstraint(
            ["plant_id"],
            ["plant.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "kind", "connection_id", "staff_id", "plant_id", postgresql_nulls_not_distinct=True
        ),
    )
    op.create_index(op.f("ix_account_connection_id"), "account", ["connection_id"], unique=False)
    op.create_table(
        "bill",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entry.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("connection_id", "period_from"),
        sa.UniqueConstraint("entry_id"),
    )
    op.create_table(
        "connection_phone",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("e164", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("role IN ('payer', 'holder', 'viewer')", name="role_known"),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
        ),
        sa.ForeignKeyConstraint(
            ["e164"],
            ["phone.e164"],
        ),
        sa.PrimaryKeyConstraint("connection_id", "e164"),
    )
    op.create_index(op.f("ix_connection_phone_e164"), "connection_phone", ["e164"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), server_default=sa.text("'sms'"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("parts", sa.SmallInteger(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'queued'"), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "next_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("sent_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("connection_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'unsure', 'sent', 'delivered', 'failed', 'expired')",
            name="state_known",
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source"),
    )
    op.create_index("outbox_by_provider", "outbox", ["gateway", "provider_id"], unique=False)
    op.create_index("outbox_by_recipient", "outbox", ["recipient", "id"], unique=False)
    op.create_index(
        "outbox_codes",
        "outbox",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("kind = 'code' AND body <> ''"),
    )
    op.create_index(
        "outbox_waiting",
        "outbox",
        ["priority", "next_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'sending', 'unsure')"),
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("paid_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("reversal_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount_paise > 0", name="positive"),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entry.id"],
        ),
        sa.ForeignKeyConstraint(
            ["reversal_id"],
            ["entry.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("entry_id"),
        sa.UniqueConstraint("reversal_id"),
    )
    op.create_index(
        "payment_by_connection", "payment", ["connection_id", sa.literal_column("paid_at DESC")], unique=False
    )
    op.create_index(
        "payment_by_staff", "payment", ["staff_id", sa.literal_column("paid_at DESC")], unique=False
    )
    op.create_table(
        "reading",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("wh", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("wh >= 0", name="not_negative"),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("connection_id", "taken_on"),
    )
    op.create_table(
        "request",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'requested'"), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=True),
        sa.Column("connection_id", sa.BigInteger(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column(
            "details", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("assignee_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('requested', 'in_process', 'review', 'completed', 'rejected')", name="state_known"
        ),
        sa.ForeignKeyConstraint(
            ["assignee_id"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
        ),
        sa.ForeignKeyConstraint(
            ["plant_id"],
            ["plant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("source"),
    )
    op.create_index(op.f("ix_request_connection_id"), "request", ["connection_id"], unique=False)
    op.create_index(op.f("ix_request_phone"), "request", ["phone"], unique=False)
    op.create_index(op.f("ix_request_plant_id"), "request", ["plant_id"], unique=False)
    op.create_table(
        "posting",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_paise <> 0", name="not_zero"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entry.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_posting_account_id"), "posting", ["account_id"], unique=False)
    op.create_index(op.f("ix_posting_entry_id"), "posting", ["entry_id"], unique=False)
    op.create_table(
        "receipt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["payment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["plant_id"],
            ["plant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("payment_id"),
        sa.UniqueConstraint("plant_id", "year", "serial"),
    )
    op.create_table(
        "request_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["request.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_request_event_request_id"), "request_event", ["request_id"], unique=False)


def downgrade() -> None:
    """Drop them in reverse."""
    op.drop_index(op.f("ix_request_event_request_id"), table_name="request_event")
    op.drop_table("request_event")
    op.drop_table("receipt")
    op.drop_index(op.f("ix_posting_entry_id"), table_name="posting")
    op.drop_index(op.f("ix_posting_account_id"), table_name="posting")
    op.drop_table("posting")
    op.drop_index(op.f("ix_request_plant_id"), table_name="request")
    op.drop_index(op.f("ix_request_phone"), table_name="request")
    op.drop_index(op.f("ix_request_connection_id"), table_name="request")
    op.drop_table("request")
    op.drop_table("reading")
    op.drop_index("payment_by_staff", table_name="payment")
    op.drop_index("payment_by_connection", table_name="payment")
    op.drop_table("payment")
    op.drop_index(
        "outbox_waiting",
        table_name="outbox",
        postgresql_where=sa.text("state IN ('queued', 'sending', 'unsure')"),
    )
    op.drop_index(
        "outbox_codes", table_name="outbox", postgresql_where=sa.text("kind = 'code' AND body <> ''")
    )
    op.drop_index("outbox_by_recipient", table_name="outbox")
    op.drop_index("outbox_by_provider", table_name="outbox")
    op.drop_table("outbox")
    op.drop_index(op.f("ix_connection_phone_e164"), table_name="connection_phone")
    op.drop_table("connection_phone")
    op.drop_table("bill")
    op.drop_index(op.f("ix_account_connection_id"), table_name="account")
    op.drop_table("account")
    op.drop_index(op.f("ix_staff_scope_staff_id"), table_name="staff_scope")
    op.drop_table("staff_scope")
    op.drop_table("receipt_counter")
    op.drop_table("package_plant")
    op.drop_table("entry")
    op.drop_index(op.f("ix_connection_plant_id"), table_name="connection")
    op.drop_index(op.f("ix_connection_customer_id"), table_name="connection")
    op.drop_table("connection")
    op.drop_table("plant")
    op.drop_table("cluster")
    op.drop_table("state")
    op.drop_table("package")
    op.drop_index("audit_by_staff", table_name="audit")
    op.drop_index("audit_by_object", table_name="audit")
    op.drop_table("audit")
    op.drop_table("staff")
    op.drop_table("phone")
    op.drop_table("organisation")
    op.drop_index("one_time_code_sent", table_name="one_time_code")
    op.drop_index(op.f("ix_one_time_code_asked_by"), table_name="one_time_code")
    op.drop_table("one_time_code")
    op.drop_index("inbound_waiting", table_name="inbound", postgresql_where=sa.text("handled_at IS NULL"))
    op.drop_table("inbound")
    op.drop_index(op.f("ix_handled_talk"), table_name="handled")
    op.drop_table("handled")
    op.drop_table("gateway_pause")
    op.drop_table("customer")
    for sequence in ("plant_number_seq", "connection_number_seq", "request_number_seq"):
        op.execute(f"DROP SEQUENCE {sequence}")
