"""Smart meters and supply: what meters are to do, what they last showed, who is flagged, who was switched."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, SmallInteger, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables.base import Base, one_of
from core.tables.customers import CONNECTION_STATES

METER_ACTIONS = ("switch_on", "switch_off", "set_tariff", "credit")
COMMAND_STATES = ("queued", "sending", "done", "failed", "replaced")
FLAG_STATES = ("flagged", "switched_off", "excused", "restored")


class MeterCommand(Base):
    """Something a smart meter is to do, written in the transaction that caused it; only a job carries it.

    `reference` is the provider's own name for it, once it has one: from then on it is asked after, not
    sent again. `replaced`: a newer wish for the same meter overtook it.
    """

    __tablename__ = "meter_command"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(unique=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    action: Mapped[str]
    tariff: Mapped[str | None]
    paise: Mapped[int | None]
    state: Mapped[str] = mapped_column(server_default=text("'queued'"))
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    next_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
    reference: Mapped[str | None]
    error: Mapped[str | None]
    at_once: Mapped[bool] = mapped_column(server_default=text("false"))
    """Somebody switches off for safety: it does not wait for the hours in which supply may be cut."""
    __table_args__ = (
        one_of("action", METER_ACTIONS),
        one_of("state", COMMAND_STATES),
        CheckConstraint("(action = 'set_tariff') = (tariff IS NOT NULL)", name="tariff_given"),
        CheckConstraint("(action = 'credit') = (paise IS NOT NULL) AND paise > 0", name="credit_given"),
        Index("meter_command_waiting", "next_at", postgresql_where=text("state IN ('queued', 'sending')")),
        Index("meter_command_by_connection", "connection_id", "id"),
    )


class MeterState(Base):
    """What a smart meter last said of itself; what it showed each day is in `reading`."""

    __tablename__ = "meter_state"
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), primary_key=True)
    seen_at: Mapped[datetime]
    wh: Mapped[int]
    is_on: Mapped[bool | None]
    """None: its provider does not say."""


class ConnectionFlag(Base):
    """A connection above its credit limit: told, perhaps excused, perhaps switched off, in the end restored.

    At most one of a connection is open. `act_after` is when the notice given to the customer is over.
    """

    __tablename__ = "connection_flag"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    since: Mapped[datetime]
    arrears_paise: Mapped[int]
    limit_paise: Mapped[int]
    reason: Mapped[str] = mapped_column(server_default=text("'credit_limit'"))
    state: Mapped[str] = mapped_column(server_default=text("'flagged'"))
    act_after: Mapped[datetime]
    staff_told_at: Mapped[datetime | None]
    off_at: Mapped[datetime | None]
    excused_until: Mapped[datetime | None]
    excused_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        one_of("state", FLAG_STATES),
        one_of("reason", ("credit_limit",)),
        CheckConstraint("(state = 'restored') = (ended_at IS NOT NULL)", name="ended_when_restored"),
        CheckConstraint("state <> 'switched_off' OR off_at IS NOT NULL", name="off_has_a_moment"),
        CheckConstraint("state <> 'excused' OR excused_until IS NOT NULL", name="excused_has_an_end"),
        Index(
            "connection_flag_open",
            "connection_id",
            unique=True,
            postgresql_where=text("state <> 'restored'"),
        ),
    )


class ConnectionStatus(Base):
    """The append-only history of connection.status."""

    __tablename__ = "connection_status"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), index=True)
    at: Mapped[datetime]
    status: Mapped[str]
    was: Mapped[str | None]
    """What it was before; None for what is older than this column."""
    reason: Mapped[str]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    __table_args__ = (one_of("status", CONNECTION_STATES),)
