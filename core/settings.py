"""Every setting of the service, read from the environment and checked at the start."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from core.errors import SettingError
from core.gsm import is_gsm

LANGUAGES = ("en", "hi", "hi-Latn")
SMS_GATEWAYS = ("africastalking", "kannel", "twilio", "phone")
USSD_GATEWAYS = ("africastalking",)
WHATSAPP_GATEWAYS = ("twilio", "phone")


@dataclass(frozen=True)
class AfricasTalking:
    """Africa's Talking: `secret` guards our webhooks, the rest is for sending."""

    secret: str
    username: str
    api_key: str | None
    """Only sending needs it; USSD alone does not."""
    sender: str | None
    base_url: str | None
    """Another host than the provider's own, for a stand-in; None in production."""


@dataclass(frozen=True)
class Kannel:
    """Kannel's smsbox: where to send, and the secret of our own webhook path."""

    secret: str
    url: str
    username: str
    password: str
    sender: str
    dlt_entity: str | None
    """The 19-digit DLT id of the sending entity (TCCCPR 2018), passed as an SMPP parameter."""


@dataclass(frozen=True)
class Twilio:
    """Twilio: the auth token also verifies the signature of every webhook."""

    account_sid: str
    auth_token: str
    sender: str | None
    """The number or id that sends SMS; None where Twilio carries WhatsApp only."""
    base_url: str | None
    whatsapp_sender: str | None = None
    """The number of our WhatsApp account, +…; None: no WhatsApp."""


@dataclass(frozen=True)
class SparkMeter:
    """One ThunderCloud site: its address and an API user's token."""

    url: str
    token: str
    on_mode: str
    """The operating mode of a meter that is switched on: `auto` goes by ThunderCloud's own balance too."""


@dataclass(frozen=True)
class Razorpay:
    """Razorpay: the API key makes links, the webhook secret verifies what it tells us."""

    key_id: str
    key_secret: str
    webhook_secret: str
    old_secret: str | None
    """The webhook secret before a change; events made before it still carry it."""
    base_url: str | None
    """Another host than the provider's own, for a stand-in; None in production."""


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
    africastalking: AfricasTalking | None = None
    kannel: Kannel | None = None
    twilio: Twilio | None = None
    razorpay: Razorpay | None = None
    """None: nothing is paid online, and LINK says so."""
    allowed_addresses: tuple[str, ...] = field(default=())
    """Addresses or networks that may call provider webhooks; empty allows all."""
    whatsapp_gateways: tuple[str, ...] = ()
    """None: nothing is sent on WhatsApp."""
    receipt_links: bool = False
    """Whether a reply to RECEIPT carries the link to its page; in India only a whitelisted address may."""
    reminder_days: tuple[int, ...] = (-3, 4, 11)
    """When a bill is recalled, in days from its due date; at most three a bill."""
    sparkmeter: SparkMeter | None = None
    simulated_meters_url: str | None = None
    """The demo's own meter service; None in production."""
    meter_rate: int = 5
    """Requests a second to a service of smart meters, at most."""
    holidays: frozenset[date] = frozenset()
    """Days on which no supply is switched off, besides Sundays and national holidays."""

    @staticmethod
    def from_env(env: Mapping[str, str] = os.environ) -> Settings:
        """Read and check all settings; SettingError names the first that is wrong."""
        return _read(_Env(env))


class _Env:
    """Typed look-ups that name the setting in every error."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env

    def text(self, name: str, default: str | None = None) -> str:
        value = self.env.get(name, "").strip()
        if value:
            return value
        if default is None:
            raise SettingError(f"{name} is not set")
        return default

    def optional(self, name: str) -> str | None:
        return self.env.get(name, "").strip() or None

    def number(self, name: str, default: int, low: int, high: int) -> int:
        raw = self.text(name, str(default))
        if not raw.isascii() or not raw.isdigit() or not low <= int(raw) <= high:
            raise SettingError(f"{name} must be a whole number from {low} to {high}, not {raw!r}")
        return int(raw)

    def secret(self, name: str, shortest: int) -> str:
        value = self.text(name)
        if len(value) < shortest:
            raise SettingError(f"{name} must have at least {shortest} characters")
        return value

    def names(self, name: str, default: str, known: tuple[str, ...]) -> tuple[str, ...]:
        chosen = tuple(part.strip() for part in self.text(name, default).split(",") if part.strip())
        for part in chosen:
            if part not in known:
                raise SettingError(f"{name} names {part!r}; known are {', '.join(known)}")
        return chosen

    def any_of(self, *names: str) -> bool:
        return any(self.env.get(name, "").strip() for name in names)


def _read(env: _Env) -> Settings:
    demo = env.text("BIJLI_DEMO", "0") == "1"
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
        africastalking=_africastalking(env),
        kannel=_kannel(env),
        twilio=_twilio(env),
        razorpay=_razorpay(env),
        allowed_addresses=tuple(
            part.strip()
            for part in (env.optional("BIJLI_ALLOWED_ADDRESSES") or "").split(",")
            if part.strip()
        ),
        whatsapp_gateways=_whatsapp_gateways(env, demo),
        receipt_links=env.text("BIJLI_RECEIPT_LINKS", "0") == "1",
        reminder_days=_reminder_days(env.text("BIJLI_REMINDER_DAYS", "-3,4,11")),
        sparkmeter=_sparkmeter(env),
        simulated_meters_url=_simulated_meters(env, demo),
        meter_rate=env.number("BIJLI_METER_RATE", 5, 1, 1000),
        holidays=_holidays(env),
    )
    _check_gateways(settings)
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


def _public_url(env: _Env, demo: bool) -> str:
    """Twilio signs the public address, so a wrong one refuses every webhook."""
    url = env.text("BIJLI_PUBLIC_URL", "http://localhost" if demo else None).rstrip("/")
    if not demo and not url.startswith("https://"):
        raise SettingError("BIJLI_PUBLIC_URL must start with https:// in production")
    return url


def _whatsapp_gateways(env: _Env, demo: bool) -> tuple[str, ...]:
    """Twilio once it has a WhatsApp sender; in the demo its phone, which takes messages of both channels."""
    if env.optional("TWILIO_WHATSAPP_SENDER") is None:
        return ()
    return env.names("BIJLI_WHATSAPP_GATEWAYS", "phone" if demo else "twilio", WHATSAPP_GATEWAYS)


def _africastalking(env: _Env) -> AfricasTalking | None:
    if not env.any_of("AT_SECRET", "AT_API_KEY", "AT_USERNAME"):
        return None
    return AfricasTalking(
        secret=env.secret("AT_SECRET", 16),
        username=env.text("AT_USERNAME", "sandbox"),
        api_key=env.optional("AT_API_KEY"),
        sender=env.optional("AT_SENDER"),
        base_url=env.optional("AT_BASE_URL"),
    )


def _kannel(env: _Env) -> Kannel | None:
    if not env.any_of("KANNEL_URL", "KANNEL_SECRET"):
        return None
    return Kannel(
        secret=env.secret("KANNEL_SECRET", 16),
        url=env.text("KANNEL_URL"),
        username=env.text("KANNEL_USERNAME"),
        password=env.text("KANNEL_PASSWORD"),
        sender=env.text("KANNEL_SENDER"),
        dlt_entity=env.optional("KANNEL_DLT_ENTITY"),
    )


def _twilio(env: _Env) -> Twilio | None:
    if not env.any_of("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        return None
    return Twilio(
        account_sid=env.text("TWILIO_ACCOUNT_SID"),
        auth_token=env.secret("TWILIO_AUTH_TOKEN", 16),
        sender=env.optional("TWILIO_SENDER"),
        base_url=env.optional("TWILIO_BASE_URL"),
        whatsapp_sender=_whatsapp_sender(env),
    )


def _whatsapp_sender(env: _Env) -> str | None:
    sender = env.optional("TWILIO_WHATSAPP_SENDER")
    if sender is not None and not re.fullmatch(r"\+[1-9][0-9]{6,14}", sender):
        raise SettingError("TWILIO_WHATSAPP_SENDER must be a number in international form, +…")
    return sender


def _sparkmeter(env: _Env) -> SparkMeter | None:
    if not env.any_of("SPARKMETER_URL", "SPARKMETER_TOKEN"):
        return None
    url = env.text("SPARKMETER_URL").rstrip("/")
    if not url.startswith(("https://", "http://127.0.0.1")):
        raise SettingError("SPARKMETER_URL must start with https://")
    return SparkMeter(
        url.removesuffix("/api/v0"),
        env.text("SPARKMETER_TOKEN"),
        env.names("SPARKMETER_ON_MODE", "auto", ("auto", "on"))[0],
    )


def _simulated_meters(env: _Env, demo: bool) -> str | None:
    url = env.optional("SIMULATED_METERS_URL")
    if url and not demo:
        raise SettingError("SIMULATED_METERS_URL is set, but simulated meters exist only with BIJLI_DEMO=1")
    return url


def _holidays(env: _Env) -> frozenset[date]:
    """Days written as 2026-11-08, with commas between them."""
    given = [part.strip() for part in env.text("BIJLI_HOLIDAYS", ",").split(",") if part.strip()]
    try:
        return frozenset(date.fromisoformat(part) for part in given)
    except ValueError:
        raise SettingError("BIJLI_HOLIDAYS must be days like 2026-11-08,2026-12-25") from None


def _razorpay(env: _Env) -> Razorpay | None:
    if not env.any_of("RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRET"):
        return None
    return Razorpay(
        key_id=env.text("RAZORPAY_KEY_ID"),
        key_secret=env.secret("RAZORPAY_KEY_SECRET", 16),
        webhook_secret=env.secret("RAZORPAY_WEBHOOK_SECRET", 16),
        old_secret=env.optional("RAZORPAY_OLD_WEBHOOK_SECRET"),
        base_url=env.optional("RAZORPAY_BASE_URL"),
    )


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
