"""What an act is given: its transaction, who acts, through which channel, and its unrepeatable key."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.people import Caller
from core.settings import Settings
from core.tables import Audit


@dataclass(frozen=True, slots=True)
class Doing:
    """One act in one transaction.

    `key` names this very step of this very talk: a repeat of the step carries the same key, so
    that ledger entries, requests and messages made with it can exist only once.
    """

    session: Session
    caller: Caller
    channel: str
    key: str
    at: datetime
    settings: Settings
    changed: set[str] = field(default_factory=set)
    """Phones that are somebody else's now: what is remembered of them is forgotten after the commit."""

    def audit(self, action: str, target: str, **details: Any) -> None:
        """Write down who did what to what, through which channel."""
        staff = self.caller.staff
        self.session.execute(
            insert(Audit).values(
                at=self.at,
                staff_id=staff.id if staff else None,
                phone=self.caller.phone,
                channel=self.channel,
                action=action,
                object=target,
                details=details,
            )
        )
