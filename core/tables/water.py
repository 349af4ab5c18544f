"""Water: what a plant's treatment unit sold, and what its two counters showed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables.base import Base, one_of


class WaterSale(Base):
    """Litres sold for cash. Without `entry_id` they were given away; one that was undone has `undone_at`."""

    __tablename__ = "water_sale"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(unique=True)
    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    litres: Mapped[int]
    amount_paise: Mapped[int]
    sold_at: Mapped[datetime]
    """When it was written down; its cash is in hand from then on."""
    sold_on: Mapped[date]
    """The day it was sold."""
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), unique=True)
    reversal_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), unique=True)
    undone_at: Mapped[datetime | None]
    __table_args__ = (
        Index("water_sale_by_plant", "plant_id", "sold_at", postgresql_where=text("undone_at IS NULL")),
        Index("water_sale_by_day", "plant_id", "sold_on", postgresql_where=text("undone_at IS NULL")),
        Index("water_sale_by_staff", "staff_id", "sold_at", postgresql_where=text("undone_at IS NULL")),
        CheckConstraint("litres >= 0 AND amount_paise >= 0 AND litres + amount_paise > 0", name="something"),
        CheckConstraint("(entry_id IS NULL) = (amount_paise = 0)", name="posted_when_paid"),
        CheckConstraint(
            "(reversal_id IS NOT NULL) = (undone_at IS NOT NULL AND entry_id IS NOT NULL)",
            name="reversed_when_undone",
        ),
    )


class WaterReading(Base):
    """What the counters of a plant's water unit showed on a day; never changed, only ended by another.

    `litres` and `wh` never fall: what the counter shows is `litres - before_litres`, and `before_litres`
    grows where it began anew. `wh` is None where nobody looked at that counter.
    """

    __tablename__ = "water_reading"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(unique=True)
    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    taken_on: Mapped[date]
    litres: Mapped[int]
    before_litres: Mapped[int] = mapped_column(server_default=text("0"))
    wh: Mapped[int | None]
    before_wh: Mapped[int] = mapped_column(server_default=text("0"))
    noted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]
    why: Mapped[str | None]
    """Corrected by another of the same day, or found to be wrong by a later one."""
    __table_args__ = (
        Index(
            "water_reading_standing",
            "plant_id",
            "taken_on",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        one_of("why", ("corrected", "wrong")),
        CheckConstraint("(ended_at IS NULL) = (why IS NULL)", name="ended_whole"),
        CheckConstraint("before_litres >= 0 AND litres >= before_litres", name="litres_shown"),
        CheckConstraint("before_wh >= 0 AND wh >= before_wh", name="wh_shown"),
    )
