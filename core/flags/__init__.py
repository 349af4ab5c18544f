"""Credit limits: who is above one, who was told, whose supply is switched off, and on again once paid."""

from core.flags.sweep import NOTICE_DAYS, Swept, sweep
from core.flags.view import EXCUSERS, Flagged, excuse, flagged, open_flag

__all__ = ["EXCUSERS", "NOTICE_DAYS", "Flagged", "Swept", "excuse", "flagged", "open_flag", "sweep"]
