"""Instalment schemes (seeds 2.2.10, 3.6.3): what is offered, who takes part, and each instalment."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables.base import Base


class Scheme(Base):
    """An appliance at a price: a part of it at once, the rest with so many bills."""

    __tablename__ = "scheme"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_local: Mapped[str | None]
    price_paise: Mapped[int]
    down_paise: Mapped[int]
    instalments: Mapped[int] = mapped_column(SmallInteger)
    first: Mapped[date]
    last: Mapped[date]
    __table_args__ = (
        CheckConstraint("instalments BETWEEN 1 AND 60 AND last >= first", name="in_order"),
        CheckConstraint("down_paise >= 0 AND price_paise - down_paise >= instalments * 100", name="payable"),
    )


class SchemePlace(Base):
    """A scheme is for this plant; a scheme without places is for all plants of its organisation."""

    __tablename__ = "scheme_place"
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"), primary_key=True)
    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"), primary_key=True)


class Plan(Base):
    """One connection takes part in a scheme, at the terms of that day; `entry_id` is the sale."""

    __tablename__ = "plan"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    price_paise: Mapped[int]
    down_paise: Mapped[int]
    instalments: Mapped[int] = mapped_column(SmallInteger)
    begun_on: Mapped[date]
    begun_at: Mapped[datetime]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), unique=True)
    cancelled_at: Mapped[datetime | None]
    __table_args__ = (Index("plan_of", "connection_id", postgresql_where=text("cancelled_at IS NULL")),)


class Instalment(Base):
    """One part of a plan: open, asked for with the bill of a run, or paid off before its time.

    Rows are written whole when a plan begins, and removed when it is cancelled: so what is open is
    what stands in the connection's account `instalments`.
    """

    __tablename__ = "instalment"
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    paise: Mapped[int]
    month: Mapped[date | None]
    """The first day of the month whose bill asks for it: one a month."""
    run_id: Mapped[int | None] = mapped_column(ForeignKey("billing_run.id"))
    payoff_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    """The entry that moved all that was left at once to what is owed."""
    __table_args__ = (
        CheckConstraint("paise > 0", name="positive"),
        CheckConstraint("(month IS NULL) = (run_id IS NULL)", name="billed_whole"),
        CheckConstraint("run_id IS NULL OR payoff_id IS NULL", name="taken_once"),
        Index(
            "instalment_month", "plan_id", "month", unique=True, postgresql_where=text("month IS NOT NULL")
        ),
        Index(
            "instalment_open",
            "connection_id",
            "plan_id",
            "number",
            postgresql_where=text("run_id IS NULL AND payoff_id IS NULL"),
        ),
        Index("instalment_by_run", "run_id", "connection_id", postgresql_where=text("run_id IS NOT NULL")),
    )
