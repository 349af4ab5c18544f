"""Work that passes through hands: requests, their history, outages, leave, ratings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Sequence, SmallInteger, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables.base import Base, one_of

REQUEST_STATES = ("requested", "in_process", "review", "completed", "rejected")

request_number_seq = Sequence("request_number_seq", start=1000, metadata=Base.metadata)


class Request(Base):
    """Work that passes through hands, of a kind of core/work/rules.py.

    `raised_by` is the member of staff who wrote it down; a customer's own request has none.
    `waits_since` is when it came into its state; `level` how often it went up for waiting too long.
    """

    __tablename__ = "request"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    topic: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default=text("'requested'"))
    plant_id: Mapped[int | None] = mapped_column(ForeignKey("plant.id"), index=True)
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connection.id"), index=True)
    phone: Mapped[str | None] = mapped_column(index=True)
    """Who asked; none where a complaint was made without a name."""
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    channel: Mapped[str]
    source: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    raised_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    done_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    urgent: Mapped[bool] = mapped_column(server_default=text("false"))
    waits_since: Mapped[datetime] = mapped_column(server_default=func.now())
    goes_up_at: Mapped[datetime | None]
    level: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    closed_at: Mapped[datetime | None]
    rating: Mapped[int | None] = mapped_column(SmallInteger)
    paise: Mapped[int | None]
    """The amount that is decided about; none where it is not about money."""
    outage_id: Mapped[int | None] = mapped_column(ForeignKey("outage.id"), index=True)
    __table_args__ = (
        one_of("state", REQUEST_STATES),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating_known"),
        Index("request_to_decide", "plant_id", "kind", "state", postgresql_where=text("closed_at IS NULL")),
        Index(
            "request_open",
            "plant_id",
            text("urgent DESC"),
            "created_at",
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index(
            "request_of",
            "assignee_id",
            text("urgent DESC"),
            "created_at",
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("request_waiting", "goes_up_at", postgresql_where=text("closed_at IS NULL")),
        Index(
            "request_closed",
            "plant_id",
            "closed_at",
            postgresql_include=["state", "created_at", "rating"],
            postgresql_where=text("closed_at IS NOT NULL"),
        ),
        Index("request_made", "plant_id", "created_at"),
        Index(
            "request_supply_off",
            "plant_id",
            "connection_id",
            unique=True,
            postgresql_where=text("kind = 'supply_off' AND closed_at IS NULL"),
            postgresql_nulls_not_distinct=True,
        ),
        Index(
            "request_changing",
            "id",
            postgresql_where=text("kind = 'package_change' AND closed_at IS NULL"),
        ),
        Index(
            "request_joined",
            "plant_id",
            "closed_at",
            postgresql_where=text("kind = 'new_connection' AND closed_at IS NOT NULL"),
        ),
        Index(
            "request_unplaced",
            "created_at",
            postgresql_where=text("plant_id IS NULL AND closed_at IS NULL"),
        ),
    )


class RequestEvent(Base):
    """The append-only history of a request: who did which step, when, and into which state it led."""

    __tablename__ = "request_event"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"), index=True)
    at: Mapped[datetime]
    state: Mapped[str]
    step: Mapped[str | None]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    for_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Who was away and whose right `staff_id` used, standing in."""
    to_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    note: Mapped[str | None]
    paise: Mapped[int | None]
    """The amount that an approval was given for."""


class Outage(Base):
    """Homes of one feeder, or plant (none), without light at once: one trouble, told and mended once."""

    __tablename__ = "outage"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"))
    feeder: Mapped[str | None]
    since: Mapped[datetime]
    restored_at: Mapped[datetime | None]
    restored_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    __table_args__ = (
        Index(
            "outage_open",
            "plant_id",
            "feeder",
            unique=True,
            postgresql_where=text("restored_at IS NULL"),
            postgresql_nulls_not_distinct=True,
        ),
    )


class Leave(Base):
    """A member of staff is away from one day to another; `stand_in_id` gets what would be theirs."""

    __tablename__ = "leave"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(unique=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    stand_in_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    first: Mapped[date]
    last: Mapped[date]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        Index("leave_by_staff", "staff_id", "last"),
        Index("leave_by_stand_in", "stand_in_id", "last"),
        CheckConstraint("staff_id <> stand_in_id", name="two_people"),
        CheckConstraint("last >= first", name="in_order"),
    )
