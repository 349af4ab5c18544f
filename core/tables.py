"""The schema: every table, with the constraints the database itself keeps.

Triggers (append-only rows, balanced entries, account balances) stand in the first migration,
because SQLAlchemy's metadata has no words for them.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Sequence,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ROLES = ("operator", "technician", "csa", "cluster_in_charge", "state_in_charge")
"""The five roles of the seeds (MCOMS 3.5, tables of key users)."""

PHONE_ROLES = ("payer", "holder", "viewer")
CONNECTION_STATES = ("active", "inactive", "disconnected")
REQUEST_STATES = ("requested", "in_process", "review", "completed", "rejected")
RUN_STATES = ("posting", "telling", "posted", "reversing", "reversed")
HANDOVER_STATES = ("offered", "taken", "refused", "withdrawn", "expired")
OUTBOX_STATES = ("queued", "sending", "unsure", "sent", "delivered", "failed", "expired")


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


class Base(DeclarativeBase):
    """Common types: str is text, int is bigint, every moment has a time zone."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        int: BigInteger,
        datetime: TIMESTAMP(timezone=True),
        dict[str, Any]: JSONB,
    }


class Organisation(Base):
    """A mini-grid operator; `features` are its switches (the seeds' HCLF and TaraUrja differ)."""

    __tablename__ = "organisation"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    features: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))


class State(Base):
    __tablename__ = "state"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]


class Cluster(Base):
    __tablename__ = "cluster"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    state_id: Mapped[int] = mapped_column(ForeignKey("state.id"))
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]


plant_number_seq = Sequence("plant_number_seq", start=11, metadata=Base.metadata)


class Plant(Base):
    """A mini-grid. `number` leads its receipt numbers, so that it must never change."""

    __tablename__ = "plant"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("cluster.id"))
    code: Mapped[str] = mapped_column(unique=True)
    number: Mapped[int] = mapped_column(
        SmallInteger, plant_number_seq, unique=True, server_default=plant_number_seq.next_value()
    )
    name: Mapped[str]
    name_local: Mapped[str | None]


class Staff(Base):
    __tablename__ = "staff"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_local: Mapped[str | None]
    phone: Mapped[str | None] = mapped_column(unique=True)
    role: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    cash_limit_paise: Mapped[int] = mapped_column(server_default=text("500000"))
    """The largest cash payment taken from one line of text without a second look."""
    __table_args__ = (_one_of("role", ROLES),)


class StaffScope(Base):
    """Where a staff member may act: a plant, a cluster or a state. The view staff_plant resolves it."""

    __tablename__ = "staff_scope"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    plant_id: Mapped[int | None] = mapped_column(ForeignKey("plant.id"))
    cluster_id: Mapped[int | None] = mapped_column(ForeignKey("cluster.id"))
    state_id: Mapped[int | None] = mapped_column(ForeignKey("state.id"))
    __table_args__ = (
        CheckConstraint("num_nonnulls(plant_id, cluster_id, state_id) = 1", name="one_place"),
        UniqueConstraint(
            "staff_id", "plant_id", "cluster_id", "state_id", postgresql_nulls_not_distinct=True
        ),
    )


class Package(Base):
    """What a connection is sold: load (watts), hours, price, before or after use, metered or not."""

    __tablename__ = "package"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_local: Mapped[str | None]
    load_watts: Mapped[int]
    hours: Mapped[str]
    """Supply window as people say it, e.g. 24 or 17:00-23:00."""
    energy_paise: Mapped[int] = mapped_column(server_default=text("0"))
    """Price of one kWh, in paise; 0 for a flat monthly package."""
    monthly_paise: Mapped[int] = mapped_column(server_default=text("0"))
    deposit_paise: Mapped[int] = mapped_column(server_default=text("0"))
    prepaid: Mapped[bool]
    metered: Mapped[bool]
    __table_args__ = (
        CheckConstraint(
            "load_watts > 0 AND energy_paise >= 0 AND monthly_paise >= 0 AND deposit_paise >= 0",
            name="not_negative",
        ),
    )


class Tariff(Base):
    """A package's prices from a day on: a bill is priced by the version of its own first day."""

    __tablename__ = "tariff"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("package.id"))
    valid_from: Mapped[date]
    monthly_paise: Mapped[int]
    rest_band: Mapped[str] = mapped_column(server_default=text("''"))
    """The band that takes energy which no register explains; empty where there are no bands."""
    __table_args__ = (
        UniqueConstraint("package_id", "valid_from"),
        CheckConstraint("monthly_paise >= 0", name="not_negative"),
    )


class TariffStep(Base):
    """The price of a kWh in a band, in paise, between two bounds of a month's energy."""

    __tablename__ = "tariff_step"
    tariff_id: Mapped[int] = mapped_column(ForeignKey("tariff.id"), primary_key=True)
    band: Mapped[str] = mapped_column(primary_key=True, server_default=text("''"))
    from_wh: Mapped[int] = mapped_column(primary_key=True, server_default=text("0"))
    upto_wh: Mapped[int | None]
    """None: without end."""
    paise: Mapped[int]
    __table_args__ = (CheckConstraint("paise >= 0 AND from_wh >= 0 AND upto_wh > from_wh", name="in_order"),)


class PackagePlant(Base):
    """A plant offers a package."""

    __tablename__ = "package_plant"
    package_id: Mapped[int] = mapped_column(ForeignKey("package.id"), primary_key=True)
    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"), primary_key=True)


class Customer(Base):
    """A person or firm with one connection or several; `reference` is the operator's own id."""

    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_local: Mapped[str | None]
    village: Mapped[str | None]
    address: Mapped[str | None]


connection_number_seq = Sequence("connection_number_seq", start=20000, metadata=Base.metadata)


class Connection(Base):
    """One line to one house. `number` is what people type: digits with a check digit (core/ids.py)."""

    __tablename__ = "connection"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    number: Mapped[str] = mapped_column(unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"), index=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("package.id"))
    status: Mapped[str] = mapped_column(server_default=text("'active'"))
    meter_number: Mapped[str | None]
    connected_on: Mapped[date | None]
    __table_args__ = (_one_of("status", CONNECTION_STATES),)


class Phone(Base):
    """A phone number and the language of whoever holds it; None until they choose."""

    __tablename__ = "phone"
    e164: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str | None]
    unreachable: Mapped[str | None]
    """Why we stopped texting this number (a gateway said blocked or unknown); None while we may."""


class ConnectionPhone(Base):
    """A phone speaks for a connection: holder (owns it), payer (pays for it), viewer (may look)."""

    __tablename__ = "connection_phone"
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), primary_key=True)
    e164: Mapped[str] = mapped_column(ForeignKey("phone.e164"), primary_key=True, index=True)
    role: Mapped[str]
    position: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    """1 is the phone on record; one-time codes go there."""
    __table_args__ = (_one_of("role", PHONE_ROLES),)


class Reading(Base):
    """What a meter showed on a day, in watt-hours."""

    __tablename__ = "reading"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    taken_on: Mapped[date]
    wh: Mapped[int]
    bands: Mapped[dict[str, Any] | None]
    """The registers of a meter that counts by time of day, Wh by band; they add up to `wh`."""
    source: Mapped[str]
    __table_args__ = (
        UniqueConstraint("connection_id", "taken_on"),
        CheckConstraint("wh >= 0", name="not_negative"),
    )


class Account(Base):
    """A place where money can be. Positive: owed to us or held for us; negative: we owe or have earned.

    Kinds: dues, deposit (per connection), cash, difference (per collector), and per plant
    income, discount and opening. `balance_paise` is kept by a trigger on posting.
    """

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    kind: Mapped[str]
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connection.id"), index=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    plant_id: Mapped[int | None] = mapped_column(ForeignKey("plant.id"))
    balance_paise: Mapped[int] = mapped_column(server_default=text("0"))
    __table_args__ = (
        UniqueConstraint("kind", "connection_id", "staff_id", "plant_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("num_nonnulls(connection_id, staff_id, plant_id) = 1", name="one_owner"),
    )


class Entry(Base):
    """One movement of money, never changed: a mistake is reversed by another entry."""

    __tablename__ = "entry"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(unique=True)
    """What caused it, e.g. pay:<talk>; the same cause can never move money twice."""
    kind: Mapped[str]
    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"))
    at: Mapped[datetime]
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), unique=True)


class Posting(Base):
    """One side of an entry. All postings of an entry are inserted by one statement and sum to zero."""

    __tablename__ = "posting"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    amount_paise: Mapped[int]
    __table_args__ = (CheckConstraint("amount_paise <> 0", name="not_zero"),)


class BillingRun(Base):
    """One billing of a plant for a period, in batches: what is not finished is gone on with.

    `told_to` is the last bill whose messages are written.
    """

    __tablename__ = "billing_run"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"))
    period_from: Mapped[date]
    period_to: Mapped[date]
    issued_on: Mapped[date]
    due_on: Mapped[date]
    state: Mapped[str] = mapped_column(server_default=text("'posting'"))
    told_to: Mapped[int] = mapped_column(server_default=text("0"))
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
    __table_args__ = (
        _one_of("state", RUN_STATES),
        Index(
            "billing_run_open",
            "plant_id",
            unique=True,
            postgresql_where=text("state IN ('posting', 'telling', 'reversing')"),
        ),
    )


class Bill(Base):
    """What was asked for a period. Without `run_id` it is from before the opening balance.

    `entry_id` is None there too, and where a bill comes to nothing.
    """

    __tablename__ = "bill"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    period_from: Mapped[date]
    period_to: Mapped[date]
    issued_on: Mapped[date]
    due_on: Mapped[date]
    amount_paise: Mapped[int]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), unique=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("billing_run.id"))
    tariff_id: Mapped[int | None] = mapped_column(ForeignKey("tariff.id"))
    before_paise: Mapped[int | None]
    """The balance just before: arrears above zero, an advance below."""
    opening_wh: Mapped[int | None]
    closing_wh: Mapped[int | None]
    reading_id: Mapped[int | None]
    """The reading that closed it; None where it was estimated or has no meter."""
    estimated: Mapped[bool] = mapped_column(server_default=text("false"))
    lines: Mapped[dict[str, Any] | None]
    """Its lines, as core/tariffs.py has them."""
    reversed_at: Mapped[datetime | None]
    __table_args__ = (
        Index(
            "bill_standing",
            "connection_id",
            "period_from",
            unique=True,
            postgresql_where=text("reversed_at IS NULL"),
        ),
        Index("bill_by_run", "run_id", "id", postgresql_where=text("run_id IS NOT NULL")),
    )


class Payment(Base):
    """Money received for a connection. `reversal_id` is set once, when it was undone."""

    __tablename__ = "payment"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    amount_paise: Mapped[int]
    mode: Mapped[str]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    paid_at: Mapped[datetime]
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), unique=True)
    reversal_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), unique=True)
    __table_args__ = (
        Index("payment_by_connection", "connection_id", text("paid_at DESC")),
        Index("payment_by_staff", "staff_id", text("paid_at DESC")),
        CheckConstraint("amount_paise > 0", name="positive"),
    )


class Receipt(Base):
    """Proof of a payment, numbered without gaps per plant and financial year."""

    __tablename__ = "receipt"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), unique=True)
    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    serial: Mapped[int]
    number: Mapped[str] = mapped_column(unique=True)
    code: Mapped[str] = mapped_column(
        server_default=text(
            "lpad((('x' || left(gen_random_uuid()::text, 8))::bit(32)::bigint % 100000)::text, 5, '0')"
        )
    )
    """Five digits by chance: whoever can say them has seen the receipt (VERIFY)."""
    __table_args__ = (
        UniqueConstraint("plant_id", "year", "serial"),
        CheckConstraint("code ~ '^[0-9]{5}$'", name="code_shape"),
    )


class ReceiptCheck(Base):
    """How many wrong receipt codes a phone tried on a day."""

    __tablename__ = "receipt_check"
    phone: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    wrong: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))


class Dispute(Base):
    """A customer says that the cash of a receipt was never given; the payment stands until it is settled."""

    __tablename__ = "dispute"
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), primary_key=True)
    phone: Mapped[str]
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    outcome: Mapped[str | None]
    __table_args__ = (
        _one_of("outcome", ("keep", "undo")),
        CheckConstraint("(outcome IS NULL) = (settled_at IS NULL)", name="settled_whole"),
    )


class Handover(Base):
    """Cash on its way from one member of staff to another; it moves when the other one has said yes."""

    __tablename__ = "handover"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(unique=True)
    giver_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    taker_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    amount_paise: Mapped[int]
    state: Mapped[str] = mapped_column(server_default=text("'offered'"))
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), unique=True)
    __table_args__ = (
        _one_of("state", HANDOVER_STATES),
        Index("handover_open", "giver_id", unique=True, postgresql_where=text("state = 'offered'")),
        Index("handover_to", "taker_id", postgresql_where=text("state = 'offered'")),
        CheckConstraint("amount_paise > 0", name="positive"),
        CheckConstraint("giver_id <> taker_id", name="two_people"),
        CheckConstraint("(state = 'taken') = (entry_id IS NOT NULL)", name="moved_when_taken"),
    )


class CashClose(Base):
    """A collector's day counted out; `entry_id` moved the difference, if there was one."""

    __tablename__ = "cash_close"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(unique=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]
    counted_paise: Mapped[int]
    expected_paise: Mapped[int]
    reason: Mapped[str | None]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), unique=True)
    __table_args__ = (
        Index("cash_close_by_staff", "staff_id", "at"),
        CheckConstraint("(counted_paise = expected_paise) = (entry_id IS NULL)", name="difference_posted"),
    )


class CashList(Base):
    """A list of payments that came under a collector's running number: it is entered once."""

    __tablename__ = "cash_list"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[str]
    at: Mapped[datetime]


class ReceiptCounter(Base):
    """The last serial given; its row lock makes receipts of one plant wait for each other, hence no gaps."""

    __tablename__ = "receipt_counter"
    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"), primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    last: Mapped[int]


request_number_seq = Sequence("request_number_seq", start=1000, metadata=Base.metadata)


class Request(Base):
    """Work that passes through hands: a fault, a wish for a connection."""

    __tablename__ = "request"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    topic: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default=text("'requested'"))
    plant_id: Mapped[int | None] = mapped_column(ForeignKey("plant.id"), index=True)
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connection.id"), index=True)
    phone: Mapped[str] = mapped_column(index=True)
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    channel: Mapped[str]
    source: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    __table_args__ = (_one_of("state", REQUEST_STATES),)


class RequestEvent(Base):
    """The append-only history of a request."""

    __tablename__ = "request_event"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"), index=True)
    at: Mapped[datetime]
    state: Mapped[str]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    note: Mapped[str | None]


class Inbound(Base):
    """A text as it came, stored before anyone parses it; unique per provider, so a repeat is seen."""

    __tablename__ = "inbound"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    channel: Mapped[str]
    provider: Mapped[str]
    provider_id: Mapped[str]
    sender: Mapped[str]
    body: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    handled_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    __table_args__ = (
        UniqueConstraint("provider", "provider_id"),
        Index("inbound_waiting", "received_at", postgresql_where=text("handled_at IS NULL")),
    )


class Handled(Base):
    """An effect that has happened: its key can be used once, its result is given again to a repeat.

    `talk` and `caller` let a USSD session be rebuilt after Redis lost it: they hold who the caller
    was when the talk began, before the effect changed it. While Redis is away, the yes-or-no question a
    session stands at is kept here as well (key `….asked`).
    """

    __tablename__ = "handled"
    key: Mapped[str] = mapped_column(primary_key=True)
    talk: Mapped[str] = mapped_column(index=True)
    caller: Mapped[bytes] = mapped_column(LargeBinary)
    result: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class Outbox(Base):
    """A message to send, written in the transaction that caused it; only RQ jobs send it."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(unique=True)
    recipient: Mapped[str]
    channel: Mapped[str] = mapped_column(server_default=text("'sms'"))
    kind: Mapped[str]
    language: Mapped[str]
    body: Mapped[str]
    parts: Mapped[int] = mapped_column(SmallInteger)
    priority: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(server_default=text("'queued'"))
    gateway: Mapped[str | None]
    provider_id: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    next_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None]
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connection.id"))
    __table_args__ = (
        _one_of("state", OUTBOX_STATES),
        Index(
            "outbox_waiting",
            "priority",
            "next_at",
            postgresql_where=text("state IN ('queued', 'sending', 'unsure')"),
        ),
        Index("outbox_by_provider", "gateway", "provider_id"),
        Index("outbox_by_recipient", "recipient", "id"),
        Index("outbox_codes", "expires_at", postgresql_where=text("kind = 'code' AND body <> ''")),
    )


class GatewayPause(Base):
    """A gateway that must rest (no balance, bad sender id) until a moment; staff were told.

    `since` is when the trouble began: the longer it lasts, the longer the next rest.
    """

    __tablename__ = "gateway_pause"
    gateway: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
    reason: Mapped[str]


class OneTimeCode(Base):
    """A six-digit code on its way to a phone, stored as a keyed hash, bound to one purpose."""

    __tablename__ = "one_time_code"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    sent_to: Mapped[str]
    asked_by: Mapped[str] = mapped_column(index=True)
    purpose: Mapped[str]
    """The exact act the code allows, e.g. link:<connection id>."""
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    used_at: Mapped[datetime | None]
    __table_args__ = (Index("one_time_code_sent", "sent_to", "created_at"),)


class Audit(Base):
    """Who did what to what, when and through which channel. Append-only."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    at: Mapped[datetime]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    phone: Mapped[str | None]
    channel: Mapped[str]
    action: Mapped[str]
    object: Mapped[str]
    """What it was done to, e.g. payment:17."""
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    __table_args__ = (Index("audit_by_object", "object"), Index("audit_by_staff", "staff_id", "at"))
