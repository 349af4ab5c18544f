"""Who will be reminded, and who has said when the money comes."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables.base import Base, one_of

PROMISE_STATES = ("open", "kept", "broken")


class Promise(Base):
    """A customer says until which day `owed_paise` will be paid; until then nobody reminds."""

    __tablename__ = "promise"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(unique=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    phone: Mapped[str]
    made_at: Mapped[datetime]
    until_on: Mapped[date]
    owed_paise: Mapped[int]
    state: Mapped[str] = mapped_column(server_default=text("'open'"))
    reminded_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    __table_args__ = (
        one_of("state", PROMISE_STATES),
        CheckConstraint("owed_paise > 0", name="positive"),
        CheckConstraint("(state = 'open') = (finished_at IS NULL)", name="finished_whole"),
        Index("promise_open", "connection_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("promise_by_connection", "connection_id", "made_at"),
        Index("promise_ending", "until_on", postgresql_where=text("state = 'open'")),
    )


class ReminderRound(Base):
    """One round of reminders for a run's bills, so many `days` from the due date (before: below zero).

    `reached` is the last bill that was looked at.
    """

    __tablename__ = "reminder_round"
    run_id: Mapped[int] = mapped_column(ForeignKey("billing_run.id"), primary_key=True)
    days: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    reached: Mapped[int] = mapped_column(server_default=text("0"))
    finished_at: Mapped[datetime | None]
