"""An outbox to fill, and gateways that answer as they are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import redis
from sqlalchemy import text

from channels.message import Gateway, Outcome, Outgoing
from channels.sending import Sender, drain, make_sender
from core.db import Database
from core.outbox import post
from core.settings import Settings

PHONE = "+919800000001"


@dataclass
class Told:
    """A gateway that answers as a test tells it: one outcome for all, or the next of a list."""

    name: str
    outcomes: list[Outcome] = field(default_factory=list)
    taken: list[Outgoing] = field(default_factory=list)

    def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        self.taken.extend(batch)
        always = self.outcomes[0] if len(self.outcomes) == 1 else None
        return [always or self.outcomes.pop(0) for _ in batch]


@dataclass
class Maker:
    """The outbox and whoever sends from it."""

    database: Database
    redis: redis.Redis
    settings: Settings

    def write(self, source: str = "one", kind: str = "receipt", phone: str = PHONE) -> None:
        with self.database.begin() as session:
            post(
                session,
                source=source,
                recipient=phone,
                kind=kind,
                text=f"body of {source}",
                language="en",
                default_language="en",
            )

    def sender(self, *gateways: Gateway) -> Sender:
        return make_sender(self.database, gateways, self.redis, self.settings)

    def drain(self, *gateways: Gateway) -> None:
        assert drain(self.sender(*gateways), seconds=30)

    def rows(self, what: str, where: str = "true") -> list[tuple[object, ...]]:
        with self.database.begin() as session:
            rows = session.execute(text(f"SELECT {what} FROM outbox WHERE {where} ORDER BY id")).all()
        return [tuple(row) for row in rows]

    def due(self) -> None:
        """Let all waiting times go by."""
        with self.database.begin() as session:
            session.execute(text("UPDATE outbox SET next_at = now() - interval '1 second'"))
            session.execute(text("UPDATE gateway_pause SET until = now() - interval '1 second'"))
