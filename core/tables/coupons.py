"""Coupons (seed 3.5.13): schemes, coupons, orders for many at once, and wrong codes tried."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables.base import Base, one_of

ORDER_STATES = ("making", "made")


class CouponScheme(Base):
    """A discount for a while: rupees, or a share of what is owed up to a most; for whom, and how many."""

    __tablename__ = "coupon_scheme"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_local: Mapped[str | None]
    value_paise: Mapped[int | None]
    percent: Mapped[int | None] = mapped_column(SmallInteger)
    most_paise: Mapped[int | None]
    """The most that a per cent coupon is worth."""
    first: Mapped[date]
    last: Mapped[date]
    days: Mapped[int] = mapped_column(SmallInteger)
    """How long a coupon lives; none outlives its scheme."""
    per_connection: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    total: Mapped[int | None]
    clear_only: Mapped[bool] = mapped_column(server_default=text("false"))
    """Only for those who owe nothing when the coupon is made."""
    __table_args__ = (
        CheckConstraint("num_nonnulls(value_paise, percent) = 1", name="one_worth"),
        CheckConstraint("value_paise > 0", name="value_positive"),
        CheckConstraint("percent BETWEEN 1 AND 100 AND most_paise > 0", name="percent_capped"),
        CheckConstraint("last >= first AND days > 0 AND per_connection > 0", name="in_order"),
    )


class CouponPlace(Base):
    """A scheme is for this plant; a scheme without places is for all plants of its organisation."""

    __tablename__ = "coupon_place"
    scheme_id: Mapped[int] = mapped_column(ForeignKey("coupon_scheme.id"), primary_key=True)
    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"), primary_key=True)


class CouponPackage(Base):
    """A scheme is for this package; a scheme without packages is for all of them."""

    __tablename__ = "coupon_package"
    scheme_id: Mapped[int] = mapped_column(ForeignKey("coupon_scheme.id"), primary_key=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("package.id"), primary_key=True)


class Coupon(Base):
    """One coupon of a connection. `entry_id` is the credit it made; a coupon taken back is free again."""

    __tablename__ = "coupon"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("coupon_scheme.id"))
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), index=True)
    code: Mapped[str] = mapped_column(unique=True)
    source: Mapped[str | None] = mapped_column(unique=True)
    """The key of the act that made it alone; none where it was made with many (core/coupons/making.py)."""
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    expires_on: Mapped[date]
    chased_at: Mapped[datetime | None]
    redeemed_at: Mapped[datetime | None]
    redeemed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """The member of staff who typed it in; none where the customer did."""
    paise: Mapped[int | None]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), unique=True)
    __table_args__ = (
        Index("coupon_by_scheme", "scheme_id", "connection_id"),
        Index("coupon_open", "expires_on", postgresql_where=text("entry_id IS NULL")),
        CheckConstraint("num_nonnulls(redeemed_at, paise, entry_id) IN (0, 3)", name="redeemed_whole"),
    )


class CouponOrder(Base):
    """Coupons for all of a plant, made in batches; `reached` is the last connection looked at."""

    __tablename__ = "coupon_order"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(unique=True)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("coupon_scheme.id"))
    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(server_default=text("'making'"))
    reached: Mapped[int] = mapped_column(server_default=text("0"))
    made: Mapped[int] = mapped_column(server_default=text("0"))
    __table_args__ = (
        one_of("state", ORDER_STATES),
        Index("coupon_order_open", "id", postgresql_where=text("state = 'making'")),
    )


class CouponCheck(Base):
    """How many wrong coupon codes a phone tried on a day."""

    __tablename__ = "coupon_check"
    phone: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    wrong: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
