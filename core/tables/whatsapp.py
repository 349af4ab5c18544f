"""What Twilio keeps for us: the contents by which WhatsApp shows buttons, lists and templates."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, func
from sqlalchemy.orm import Mapped, mapped_column

from core.settings import LANGUAGES
from core.tables.base import Base, one_of


class WhatsAppContent(Base):
    """One content of Twilio's Content API, made once for each shape (channels/whatsapp/contents.py)."""

    __tablename__ = "whatsapp_content"
    account: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    """Ours, which says its shape: bijli_list_101_ssd is a list of 3 under 2 lines, one of them described."""
    sid: Mapped[str]
    """Twilio's, HX…"""
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class WhatsAppTemplate(Base):
    """A template for what leaves on its own, as it is at Twilio, with its approval (core/templates.py)."""

    __tablename__ = "whatsapp_template"
    account: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    """Ours: its key, its language, and a check sum of its words."""
    key: Mapped[str]
    language: Mapped[str]
    sid: Mapped[str]
    state: Mapped[str]
    """As WhatsApp says: unsubmitted, received, pending, approved, rejected, paused, disabled."""
    reason: Mapped[str | None]
    """Why it was rejected."""
    checked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    __table_args__ = (one_of("language", LANGUAGES), Index("whatsapp_template_by_key", "key", "language"))
