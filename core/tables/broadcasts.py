"""What was written to all homes of a plant at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables.base import Base, one_of

BROADCAST_STATES = ("sending", "sent", "stopped")


class Broadcast(Base):
    """One text to the phones of a plant. `reached` is the last phone it was written to, in their order."""

    __tablename__ = "broadcast"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(unique=True)
    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    words: Mapped[str]
    asked_at: Mapped[datetime]
    phones: Mapped[int]
    """How many were counted when it was agreed to."""
    written: Mapped[int] = mapped_column(server_default=text("0"))
    reached: Mapped[str] = mapped_column(server_default=text("''"))
    state: Mapped[str] = mapped_column(server_default=text("'sending'"))
    stopped_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    finished_at: Mapped[datetime | None]
    __table_args__ = (
        one_of("state", BROADCAST_STATES),
        CheckConstraint("(state = 'sending') = (finished_at IS NULL)", name="finished_whole"),
        Index("broadcast_sending", "id", postgresql_where=text("state = 'sending'")),
        Index("broadcast_by_plant", "plant_id", text("asked_at DESC")),
    )
