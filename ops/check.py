"""`bijli check`: is everything there that the service needs? One line for each part."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis
import sqlalchemy.exc

from channels.photos import PhotoStore, StoreAway
from core.errors import SettingError
from core.settings import Settings
from core.settings.media import Media
from migrations import versions
from ops.trouble import first_line

PATIENCE = 3
CHECK_KEY = "check"
PROVIDERS = {
    "africastalking": "https://api.africastalking.com",
    "razorpay": "https://api.razorpay.com",
    "twilio": "https://api.twilio.com",
}


@dataclass(frozen=True)
class Finding:
    """What was found about one part; `words` fit on one line."""

    part: str
    good: bool
    words: str

    def line(self) -> str:
        return f"{'good' if self.good else 'BAD ':<5} {self.part:<11} {self.words}"


def findings(env: Mapping[str, str]) -> Iterator[Finding]:
    """All findings, in the order in which things must work; bad settings end the list."""
    try:
        settings = Settings.from_env(env)
    except SettingError as error:
        yield Finding("settings", False, str(error))
        return
    mode = "demo" if settings.demo else "production"
    yield Finding("settings", True, f"{mode}, {settings.host}:{settings.port}, code {settings.ussd_code}")
    yield _probe("database", lambda: _database(settings.database_url), psycopg.Error)
    yield _probe("redis", lambda: _redis(settings.redis_url), redis.RedisError)
    yield _migrations(settings.database_url)
    if settings.sparkmeter:
        yield _reach("meters", settings.sparkmeter.url)
    if settings.razorpay:
        yield _reach("payments", settings.razorpay.base_url or PROVIDERS["razorpay"])
    if settings.upi:
        links = "with links in SMS" if settings.pay_links else "no links in SMS"
        yield Finding("upi", True, f"{settings.upi.vpa}, {links}")
    if settings.media:
        media = settings.media
        yield _probe("photos", lambda: _photos(media), (StoreAway, OSError))
    for name in dict.fromkeys((*settings.ussd_gateways, *settings.sms_gateways, *settings.whatsapp_gateways)):
        yield _gateway(name, settings)


def _probe(
    part: str, look: Callable[[], str], trouble: type[Exception] | tuple[type[Exception], ...]
) -> Finding:
    try:
        return Finding(part, True, look())
    except trouble as error:
        return Finding(part, False, first_line(error))


def _photos(media: Media) -> str:
    """Write one and delete it again: a place that can only be read is none."""
    store = PhotoStore(media)
    store.put(CHECK_KEY, b"check")
    store.delete(CHECK_KEY)
    place = media.place if isinstance(media.place, Path) else f"s3://{media.place.name}"
    return f"{place}, up to {media.most_bytes // (1024 * 1024)} MB, for {media.days} days"


def _database(url: str) -> str:
    with psycopg.connect(url, connect_timeout=PATIENCE) as connection:
        version = connection.info.parameter_status("server_version")
        return f"PostgreSQL {version}, database {connection.info.dbname}"


def _redis(url: str) -> str:
    client = redis.Redis.from_url(url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE)
    with client:
        server = client.info("server")
    name = "Valkey" if "valkey_version" in server else "Redis"
    return f"{name} {server.get('valkey_version') or server['redis_version']}"


def _migrations(url: str) -> Finding:
    try:
        present, wanted = versions(url)
    except sqlalchemy.exc.OperationalError as error:
        return Finding("migrations", False, first_line(error.orig or error))
    if present == wanted:
        return Finding("migrations", True, f"at {wanted}")
    return Finding(
        "migrations", False, f"at {present or 'nothing'}, this version needs {wanted}: run 'bijli migrate'"
    )


def _gateway(name: str, settings: Settings) -> Finding:
    """Whether the gateway's host takes a connection; nothing is sent and nothing is paid."""
    part = f"gateway {name}"
    url = gateway_url(name, settings)
    if url is None:
        ways = [way for way, names in _ways(settings) if name in names]
        return Finding(part, True, f"{' and '.join(ways)}: nothing to reach from here")
    return _reach(part, url)


def _reach(part: str, url: str) -> Finding:
    """Whether a host takes a connection."""
    address = urlsplit(url)
    port = address.port or (443 if address.scheme == "https" else 80)
    try:
        socket.create_connection((address.hostname or "", port), timeout=PATIENCE).close()
    except OSError as error:
        return Finding(part, False, f"{address.hostname}:{port} does not answer ({first_line(error)})")
    return Finding(part, True, f"{address.hostname}:{port} answers")


def _ways(settings: Settings) -> tuple[tuple[str, tuple[str, ...]], ...]:
    ways = ("USSD", settings.ussd_gateways), ("SMS", settings.sms_gateways)
    return (*ways, ("WhatsApp", settings.whatsapp_gateways)) if settings.whatsapp_gateways else ways


def gateway_url(name: str, settings: Settings) -> str | None:
    """Where we send to through a gateway; None when it only calls us (USSD) or is the demo's phone."""
    if name not in (*settings.sms_gateways, *settings.whatsapp_gateways) or name == "phone":
        return None
    if name == "kannel" and settings.kannel:
        return settings.kannel.url
    own = settings.africastalking if name == "africastalking" else settings.twilio
    return (own and own.base_url) or PROVIDERS[name]
