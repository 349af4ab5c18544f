"""What a hop works with; made once per process by create_app and by the jobs."""

from __future__ import annotations

from dataclasses import dataclass

import redis

from channels.places import Places
from channels.wire import Wire
from core.db import Database
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """Settings, database, Redis (and its short way for hops), and the places of all talks."""

    settings: Settings
    database: Database
    redis: redis.Redis
    wire: Wire
    places: Places


def make_services(settings: Settings) -> Services:
    """Connect to nothing yet: connections open at first use."""
    client = redis_client(settings)
    wire = Wire(client)
    return Services(settings, Database(settings.database_url), client, wire, Places(client, wire))


def redis_client(settings: Settings) -> redis.Redis:
    """A client that gives up after two seconds: whatever Redis holds can be done without."""
    return redis.Redis.from_url(
        settings.redis_url, socket_timeout=2, socket_connect_timeout=2, health_check_interval=0
    )
