"""Money that comes online: links to pay, what the provider told us, and each payment once."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables.base import Base, one_of

LINK_STATES = ("asked", "open", "paid", "expired", "cancelled", "failed")


class PaymentLink(Base):
    """A link for an amount, made at the provider after it was asked for; `reference` is ours."""

    __tablename__ = "payment_link"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    amount_paise: Mapped[int]
    asked_by: Mapped[str]
    """The phone the link is texted to."""
    state: Mapped[str] = mapped_column(server_default=text("'asked'"))
    provider_id: Mapped[str | None]
    url: Mapped[str | None]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    __table_args__ = (
        one_of("state", LINK_STATES),
        CheckConstraint("amount_paise > 0", name="positive"),
        Index(
            "payment_link_open",
            "connection_id",
            "amount_paise",
            unique=True,
            postgresql_where=text("state IN ('asked', 'open')"),
        ),
        Index("payment_link_asked", "id", postgresql_where=text("state = 'asked'")),
    )


class ProviderEvent(Base):
    """A webhook as it came, kept once; `handled_at` is None while its effect is not written."""

    __tablename__ = "provider_event"
    id: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[str]
    received_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    __table_args__ = (
        Index("provider_event_waiting", "received_at", postgresql_where=text("handled_at IS NULL")),
    )


class OnlinePayment(Base):
    """A payment at the provider, once, whatever number of events speak of it.

    Without `payment_id` nobody knows yet for whom it is, and its money is in suspense.
    """

    __tablename__ = "online_payment"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    """The provider's id of the payment."""
    amount_paise: Mapped[int]
    payer: Mapped[str | None]
    note: Mapped[str]
    at: Mapped[datetime]
    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"))
    """Whose clearing account the money is in."""
    mode: Mapped[str] = mapped_column(server_default=text("'link'"))
    """The way of paying that its receipt names."""
    guess_id: Mapped[int | None] = mapped_column(ForeignKey("connection.id"))
    """The only connection that owed just this amount when it came."""
    guessed_at: Mapped[datetime | None]
    refunded_paise: Mapped[int] = mapped_column(server_default=text("0"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), unique=True)
    __table_args__ = (
        CheckConstraint("amount_paise > 0", name="positive"),
        CheckConstraint("refunded_paise BETWEEN 0 AND amount_paise", name="refunded_at_most"),
        Index("online_payment_by_reference", text("lower(reference)")),
        Index("online_payment_unmatched", "id", postgresql_where=text("payment_id IS NULL")),
        Index(
            "online_payment_to_guess",
            "id",
            postgresql_where=text("payment_id IS NULL AND guessed_at IS NULL"),
        ),
    )


class BankLine(Base):
    """Money on an operator's bank account, as the bank's list says; credited once by a job."""

    __tablename__ = "bank_line"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    reference: Mapped[str]
    """The bank's own, e.g. the UTR."""
    amount_paise: Mapped[int]
    paid_on: Mapped[date]
    note: Mapped[str]
    """What the list says beside it: remitter, remarks."""
    loaded_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("organisation_id", "reference"),
        CheckConstraint("amount_paise > 0", name="positive"),
        Index("bank_line_new", "id", postgresql_where=text("handled_at IS NULL")),
    )
