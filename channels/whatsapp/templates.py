"""Sending by approved templates: which one says a message's words, and with what in its variables."""

from __future__ import annotations

import time

from channels.twilio import Filled
from core import templates
from core.db import Database
from core.delivery import Outgoing
from core.templates import Template, wanted

REMEMBERED = 60.0
"""Seconds after which the approvals are looked up again."""


class Templates:
    """The approved templates of one account, as the database knows them."""

    def __init__(self, database: Database, account: str, service: str, helpline: str) -> None:
        self._database = database
        self._account = account
        self._service = service
        self._by_key: dict[tuple[str, str], list[Template]] = {}
        for template in wanted(service, helpline):
            self._by_key.setdefault((template.key, template.language), []).append(template)
        self._approved: dict[str, str] = {}
        self._until = 0.0

    def filled(self, message: Outgoing) -> Filled | None:
        """The template that says this message, filled; None where none is approved."""
        for template in self._by_key.get((message.template or "", message.language), []):
            sid = self._approvals().get(template.name)
            values = templates.variables_of(template, message.body, self._service) if sid else None
            if sid and values is not None:
                return Filled(sid, values)
        return None

    def _approvals(self) -> dict[str, str]:
        if time.monotonic() >= self._until:
            with self._database.begin() as session:
                self._approved = templates.approved(session, self._account)
            self._until = time.monotonic() + REMEMBERED
        return self._approved
