"""SMS templates as an operator has registered them with DLT (India)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.settings import LANGUAGES
from core.tables.base import Base, one_of


class DltTemplate(Base):
    """One registered template; a key has several in a language where its words have several forms."""

    __tablename__ = "dlt_template"
    id: Mapped[str] = mapped_column(primary_key=True)
    """The 19 digits that DLT gave it."""
    key: Mapped[str]
    """The locale key it is for, or the kind of message (`reply`, `staff_alert`)."""
    language: Mapped[str]
    header: Mapped[str]
    body: Mapped[str]
    reason: Mapped[str | None]
    __table_args__ = (
        one_of("language", LANGUAGES),
        CheckConstraint("id ~ '^[0-9]{19}$'", name="id_digits"),
        Index("dlt_template_by_key", "key", "language"),
    )
