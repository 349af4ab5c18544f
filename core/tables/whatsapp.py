"""What Twilio keeps for us: the contents by which WhatsApp shows buttons, lists and templates."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func
from sqlalchemy.orm import Mapped, mapped_column

from core.tables.base import Base


class WhatsAppContent(Base):
    """One content of Twilio's Content API, made once for each shape (channels/whatsapp/contents.py)."""

    __tablename__ = "whatsapp_content"
    account: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    """Our name of it, which says its shape: bijli_list_101_4_d is a list of 4 under 2 lines, described."""
    sid: Mapped[str]
    """Twilio's, HX…"""
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
