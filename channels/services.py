"""What a hop works with; made once per process by create_app and by the jobs."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import redis
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from channels.places import Places
from channels.wire import Wire
from core.db import Database
from core.doing import CHANGED
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """Settings, database, Redis (and its short way for hops), and the places of all talks."""

    settings: Settings
    database: Database
    redis: redis.Redis
    wire: Wire
    places: Places


_places: WeakKeyDictionary[Engine, Places] = WeakKeyDictionary()
_CHANNELS = ("ussd", "sms", "whatsapp")


def make_services(settings: Settings) -> Services:
    """Connect to nothing yet: connections open at first use."""
    client = redis_client(settings)
    wire = Wire(client)
    made = Services(settings, Database(settings.database_url), client, wire, Places(client, wire))
    _places[made.database.engine] = made.places
    return made


@event.listens_for(Session, "after_commit")
def _forget_changed(session: Session) -> None:
    """Whoever has become another person by what is committed here is looked up anew, and their talks end."""
    phones: set[str] = session.info.pop(CHANGED, set())
    bind = session.get_bind() if phones else None
    places = _places.get(bind) if isinstance(bind, Engine) else None
    if places is not None:
        for phone in phones:
            _forget(places, phone)


def _forget(places: Places, phone: str) -> None:
    places.forget_caller(phone)
    for channel in _CHANNELS:
        left = places.load(channel, phone).raw
        if left:
            places.forget(channel, phone, left)


def redis_client(settings: Settings) -> redis.Redis:
    """A client that gives up after two seconds: whatever Redis holds can be done without."""
    return redis.Redis.from_url(
        settings.redis_url, socket_timeout=2, socket_connect_timeout=2, health_check_interval=0
    )
