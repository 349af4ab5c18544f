"""Customers, their connections, phones and meters."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Sequence,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.tables.base import Base, one_of

PHONE_ROLES = ("payer", "holder", "viewer")
CONNECTION_STATES = ("active", "inactive", "disconnected")
METER_DRIVERS = ("sparkmeter", "simulated")


class Customer(Base):
    """A person or firm with one connection or several; `reference` is the operator's own id."""

    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_local: Mapped[str | None]
    village: Mapped[str | None]
    address: Mapped[str | None]
    __table_args__ = (Index("customer_by_village", text("lower(village)")),)


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
    feeder: Mapped[str | None]
    """The line of the plant that it hangs on, by the operator's name; None: not known."""
    meter_number: Mapped[str | None]
    connected_on: Mapped[date | None]
    meter_driver: Mapped[str | None]
    """Whose smart meter it has (channels/meters); None: none, or one that is read by eye."""
    meter_id: Mapped[str | None]
    """What that provider calls the meter."""
    __table_args__ = (
        one_of("status", CONNECTION_STATES),
        one_of("meter_driver", METER_DRIVERS),
        CheckConstraint("(meter_driver IS NULL) = (meter_id IS NULL)", name="meter_whole"),
        UniqueConstraint("meter_driver", "meter_id"),
    )


class Phone(Base):
    """A phone number and the language of whoever holds it; None until they choose."""

    __tablename__ = "phone"
    e164: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str | None]
    unreachable: Mapped[str | None]
    """Why we stopped texting this number (a gateway said blocked or unknown); None while we may."""
    stopped: Mapped[datetime | None]
    """When they asked for nothing that may be stopped (core/consent.py); None while they have not."""
    whatsapp: Mapped[datetime | None]
    """When they asked for receipts, bills and notices on WhatsApp; None: by SMS."""
    reminded_on: Mapped[date | None]
    """When a bill was last recalled to this phone: once a week is enough."""


class ConnectionPhone(Base):
    """A phone speaks for a connection: holder (owns it), payer (pays for it), viewer (may look)."""

    __tablename__ = "connection_phone"
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), primary_key=True)
    e164: Mapped[str] = mapped_column(ForeignKey("phone.e164"), primary_key=True, index=True)
    role: Mapped[str]
    position: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    """1 is the phone on record; one-time codes go there."""
    __table_args__ = (one_of("role", PHONE_ROLES),)
