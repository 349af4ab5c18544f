"""Every setting of the service, read from the environment and checked at the start."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from ipaddress import IPv4Network, IPv6Network

from core.errors import SettingError
from core.gsm import is_gsm
from core.settings.env import Env
from core.settings.media import Media, read_media
from core.settings.providers import (
    AfricasTalking,
    Kannel,
    Razorpay,
    SparkMeter,
    Twilio,
    Upi,
    read_africastalking,
    read_kannel,
    read_razorpay,
    read_sparkmeter,
    read_twilio,
    read_upi,
)

__all__ = ["LANGUAGES", "AfricasTalking", "Kannel", "Razorpay", "Settings", "SparkMeter", "Twilio", "Upi"]

LANGUAGES = ("en", "hi", "hi-Latn")
SMS_GATEWAYS = ("africastalking", "kannel", "twilio", "phone")
USSD_GATEWAYS = ("africastalking",)
WHATSAPP_GATEWAYS = ("twilio", "phone")


@dataclass(frozen=True)
class Settings:
    """All settings. `from_env` is the only place that reads the environment."""

    database_url: str
    redis_url: str
    secret_key: str
    """Keys the hashes of one-time codes; at least 32 characters in production."""
    demo: bool
    public_url: str
    host: str
    port: int
    threads: int
    workers: int
    service_name: str
    """The brand named in every message, e.g. Bijli Line; at most 12 GSM-7 characters."""
    ussd_code: str
    helpline: str
    default_language: str
    ussd_gateways: tuple[str, ...]
    sms_gateways: tuple[str, ...]
    """First choice first; the next is used when the first refuses or is paused."""
    sms_rate: int
    """Messages per second and gateway, at most."""
    sms_price: int
    """Paise that a part costs, for what is said before many are written to."""
    africastalking: AfricasTalking | None = None
    kannel: Kannel | None = None
    twilio: Twilio | None = None
    razorpay: Razorpay | None = None
    """None: nothing is paid online, and LINK says so."""
    upi: Upi | None = None
    """None: nobody is shown an address to pay to."""
    pay_links: bool = False
    """Whether SMS carry links to our page for UPI, also beside bills; in India only whitelisted ones may."""
    allowed_addresses: tuple[IPv4Network | IPv6Network, ...] = field(default=())
    """Addresses or networks that may call provider webhooks; empty allows all."""
    whatsapp_gateways: tuple[str, ...] = ()
    """None: nothing is sent on WhatsApp."""
    receipt_links: bool = False
    """Whether a reply to RECEIPT carries the link to its page; in India only a whitelisted address may."""
    photo_links: bool = False
    """Whether SMS to staff carry links to photos; in India only a whitelisted address may."""
    reminder_days: tuple[int, ...] = (-3, 4, 11)
    """When a bill is recalled, in days from its due date; at most three a bill."""
    sparkmeter: SparkMeter | None = None
    simulated_meters_url: str | None = None
    """The demo's own meter service; None in production."""
    simulated_media_url: str | None = None
    """What stands in for Twilio's media hosts where WhatsApp is the demo's phone; None in production."""
    meter_rate: int = 5
    """Requests a second to a service of smart meters, at most."""
    media: Media | None = None
    """Where photos are kept; None: none are taken."""
    holidays: frozenset[date] = frozenset()
    """Days on which no supply is switched off, besides Sundays and national holidays."""

    @staticmethod
    def from_env(env: Mapping[str, str] = os.environ) -> Settings:
        """Read and check all settings; SettingError names the first that is wrong."""
        return _read(Env(env))


def _read(env: Env) -> Settings:
    demo = env.switch("BIJLI_DEMO")
    settings = Settings(
        database_url=_database_url(env.text("DATABASE_URL")),
        redis_url=_redis_url(env.text("REDIS_URL")),
        secret_key=env.secret("BIJLI_SECRET_KEY", 32),
        demo=demo,
        public_url=_public_url(env, demo),
        host=env.text("BIJLI_HOST", "127.0.0.1"),
        port=env.number("BIJLI_PORT", 8000, 1, 65535),
        threads=env.number("BIJLI_THREADS", 4, 1, 64),
        workers=env.number("BIJLI_WORKERS", 1, 1, 64),
        service_name=_service_name(env.text("BIJLI_SERVICE_NAME", "Bijli Line")),
        ussd_code=env.text("BIJLI_USSD_CODE", "*384*77#"),
        helpline=env.text("BIJLI_HELPLINE"),
        default_language=env.names("BIJLI_LANGUAGE", "hi-Latn", LANGUAGES)[0],
        ussd_gateways=env.names("BIJLI_USSD_GATEWAYS", "africastalking", USSD_GATEWAYS),
        sms_gateways=env.names("BIJLI_SMS_GATEWAYS", "phone" if demo else "kannel", SMS_GATEWAYS),
        sms_rate=env.number("BIJLI_SMS_RATE", 30, 1, 100_000),
        sms_price=env.number("BIJLI_SMS_PRICE", 20, 0, 10_000),
        africastalking=read_africastalking(env),
        kannel=read_kannel(env),
        twilio=read_twilio(env),
        razorpay=read_razorpay(env),
        upi=read_upi(env),
        pay_links=env.switch("BIJLI_PAY_LINKS"),
        allowed_addresses=env.networks("BIJLI_ALLOWED_ADDRESSES"),
        whatsapp_gateways=_whatsapp_gateways(env, demo),
        receipt_links=env.switch("BIJLI_RECEIPT_LINKS"),
        photo_links=env.switch("BIJLI_PHOTO_LINKS"),
        reminder_days=_reminder_days(env.text("BIJLI_REMINDER_DAYS", "-3,4,11")),
        sparkmeter=read_sparkmeter(env),
        simulated_meters_url=_simulated(env, "SIMULATED_METERS_URL", "meters", demo),
        simulated_media_url=_simulated(env, "SIMULATED_MEDIA_URL", "photos", demo),
        meter_rate=env.number("BIJLI_METER_RATE", 5, 1, 1000),
        media=read_media(env),
        holidays=_holidays(env),
    )
    _check_gateways(settings)
    if settings.pay_links and settings.upi is None:
        raise SettingError("UPI_VPA is not set, but BIJLI_PAY_LINKS is")
    if settings.photo_links and settings.media is None:
        raise SettingError("BIJLI_MEDIA_DIR is not set, but BIJLI_PHOTO_LINKS is")
    return settings


def _database_url(url: str) -> str:
    if not url.startswith(("postgresql://", "postgres://")):
        raise SettingError("DATABASE_URL must start with postgresql://")
    return url


def _redis_url(url: str) -> str:
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise SettingError("REDIS_URL must start with redis://, rediss:// or unix://")
    return url


def _service_name(name: str) -> str:
    """Every message ends with it, so that a long one, or one outside GSM-7, would cost parts."""
    if len(name) > 12 or not is_gsm(name):
        raise SettingError("BIJLI_SERVICE_NAME must be 12 GSM-7 characters at most")
    return name


def _reminder_days(raw: str) -> tuple[int, ...]:
    """Up to three days from the due date, before it with a minus; `none` for no reminders."""
    if raw == "none":
        return ()
    parts = [part.strip() for part in raw.split(",")]
    days = sorted({int(part) for part in parts if re.fullmatch(r"-?[0-9]{1,2}", part)})
    if len(days) != len(parts) or not 1 <= len(days) <= 3 or days[0] < -14 or days[-1] > 60:
        raise SettingError(
            f"BIJLI_REMINDER_DAYS must be none, or up to three different days like -3,4,11, not {raw!r}"
        )
    return tuple(days)


def _public_url(env: Env, demo: bool) -> str:
    """Twilio signs the public address, so a wrong one refuses every webhook."""
    if demo:
        return env.text("BIJLI_PUBLIC_URL", "http://localhost").rstrip("/")
    return env.url("BIJLI_PUBLIC_URL")


def _whatsapp_gateways(env: Env, demo: bool) -> tuple[str, ...]:
    """Twilio once it has a WhatsApp sender; in the demo its phone, which takes messages of both channels."""
    if env.optional("TWILIO_WHATSAPP_SENDER") is None:
        return ()
    return env.names("BIJLI_WHATSAPP_GATEWAYS", "phone" if demo else "twilio", WHATSAPP_GATEWAYS)


def _simulated(env: Env, name: str, what: str, demo: bool) -> str | None:
    """Where the demo simulates something."""
    url = env.optional(name)
    if url and not demo:
        raise SettingError(f"{name} is set, but simulated {what} exist only with BIJLI_DEMO=1")
    return url


def _holidays(env: Env) -> frozenset[date]:
    """Days written as 2026-11-08, with commas between them."""
    given = [part.strip() for part in env.text("BIJLI_HOLIDAYS", ",").split(",") if part.strip()]
    try:
        return frozenset(date.fromisoformat(part) for part in given)
    except ValueError:
        raise SettingError("BIJLI_HOLIDAYS must be days like 2026-11-08,2026-12-25") from None


def _check_gateways(settings: Settings) -> None:
    """A gateway that is named must have its own settings; the demo's phone needs none."""
    parts = {
        "africastalking": (settings.africastalking, "AT_SECRET"),
        "kannel": (settings.kannel, "KANNEL_URL"),
        "twilio": (settings.twilio, "TWILIO_ACCOUNT_SID"),
    }
    for name in (*settings.sms_gateways, *settings.ussd_gateways):
        if name == "phone":
            if not settings.demo:
                raise SettingError("BIJLI_SMS_GATEWAYS names 'phone', which exists only with BIJLI_DEMO=1")
        elif parts[name][0] is None:
            raise SettingError(f"{parts[name][1]} is not set, but the gateway {name} is in use")
    if "twilio" in settings.sms_gateways and settings.twilio and settings.twilio.sender is None:
        raise SettingError("TWILIO_SENDER is not set, but the gateway twilio sends SMS")
    if settings.whatsapp_gateways and settings.twilio is None:
        raise SettingError("TWILIO_ACCOUNT_SID is not set, but TWILIO_WHATSAPP_SENDER is")
    if "phone" in settings.whatsapp_gateways and not settings.demo:
        raise SettingError("BIJLI_WHATSAPP_GATEWAYS names 'phone', which exists only with BIJLI_DEMO=1")
    at = settings.africastalking
    if "africastalking" in settings.sms_gateways and at and at.api_key is None:
        raise SettingError("AT_API_KEY is not set, but the gateway africastalking sends SMS")
