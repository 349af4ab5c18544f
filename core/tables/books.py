"""Money: the ledger, bills, payments and their receipts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.tables.base import Base, one_of

RUN_STATES = ("posting", "telling", "posted", "reversing", "reversed")


class Account(Base):
    """A place where money can be. Positive: owed to us or held for us; negative: we owe or have earned.

    Kinds: dues, deposit, instalments (per connection), cash, difference (per collector), and per plant
    income, late_fees, water, discount, opening, clearing and suspense. A trigger on posting keeps
    `balance_paise`.
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
    """One side of an entry. All postings of an entry are inserted by one statement and sum to zero.

    That statement's trigger is the foreign key: entry and account are there, and can't be deleted.
    """

    __tablename__ = "posting"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    entry_id: Mapped[int] = mapped_column(index=True)
    account_id: Mapped[int] = mapped_column(index=True)
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
        one_of("state", RUN_STATES),
        Index(
            "billing_run_open",
            "plant_id",
            unique=True,
            postgresql_where=text("state IN ('posting', 'telling', 'reversing')"),
        ),
    )


class Bill(Base):
    """What was asked for a period. Without `run_id` it is from before the opening balance.

    `entry_id` is None there too, and where a bill comes to nothing; the bills of a batch share theirs.
    Connection, entry, run and tariff are checked a statement at a time, and can't be deleted.
    """

    __tablename__ = "bill"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    connection_id: Mapped[int]
    period_from: Mapped[date]
    period_to: Mapped[date]
    issued_on: Mapped[date]
    due_on: Mapped[date]
    amount_paise: Mapped[int]
    entry_id: Mapped[int | None]
    run_id: Mapped[int | None]
    tariff_id: Mapped[int | None]
    before_paise: Mapped[int | None]
    """The balance just before: arrears above zero, an advance below."""
    instalment_paise: Mapped[int] = mapped_column(server_default=text("0"))
    """How much of the amount is instalments of schemes."""
    opening_wh: Mapped[int | None]
    closing_wh: Mapped[int | None]
    reading_id: Mapped[int | None]
    """The reading that closed it; None where it was estimated or has no meter."""
    estimated: Mapped[bool] = mapped_column(server_default=text("false"))
    self_reading_id: Mapped[int | None]
    """The customer's own reading that an estimate went by."""
    lines: Mapped[list[Any] | None]
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
        Index(
            "bill_by_run",
            "run_id",
            "id",
            postgresql_where=text("run_id IS NOT NULL AND reversed_at IS NULL"),
        ),
    )


class Payment(Base):
    """Money received for a connection. `reversal_id` is set once, when it was undone."""

    __tablename__ = "payment"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    amount_paise: Mapped[int]
    mode: Mapped[str]
    purpose: Mapped[str] = mapped_column(server_default=text("'dues'"))
    """What it was given for: dues, or a deposit that goes back one day."""
    reference: Mapped[str | None]
    """The slip's or the provider's own number; credited once for each way of paying."""
    payer: Mapped[str | None]
    """The phone that paid, where it is known."""
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    paid_at: Mapped[datetime]
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), unique=True)
    reversal_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), unique=True)
    __table_args__ = (
        Index("payment_by_connection", "connection_id", text("paid_at DESC")),
        Index("payment_by_staff", "staff_id", text("paid_at DESC")),
        Index("payment_by_slip", text("lower(reference)"), postgresql_where=text("reference IS NOT NULL")),
        Index("payment_by_day", "paid_at", postgresql_where=text("reversal_id IS NULL")),
        one_of("purpose", ("dues", "deposit")),
        Index(
            "payment_by_reference",
            "mode",
            "reference",
            unique=True,
            postgresql_where=text("reference IS NOT NULL AND reversal_id IS NULL"),
        ),
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


class ReceiptCounter(Base):
    """The last serial given; its row lock makes receipts of one plant wait for each other, hence no gaps."""

    __tablename__ = "receipt_counter"
    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"), primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    last: Mapped[int]
