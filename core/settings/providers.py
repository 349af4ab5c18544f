"""Each provider's settings, and how they are read: a provider without any is not in use."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import SettingError
from core.settings.env import Env


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
class Upi:
    """The operator's own UPI address, and the name that payers see beside it."""

    vpa: str
    name: str


def read_africastalking(env: Env) -> AfricasTalking | None:
    """The settings of Africa's Talking; None without any, SettingError where one is wrong."""
    if not env.any_of("AT_SECRET", "AT_API_KEY", "AT_USERNAME"):
        return None
    return AfricasTalking(
        secret=env.secret("AT_SECRET", 16),
        username=env.text("AT_USERNAME", "sandbox"),
        api_key=env.optional("AT_API_KEY"),
        sender=env.optional("AT_SENDER"),
        base_url=env.optional_url("AT_BASE_URL"),
    )


def read_kannel(env: Env) -> Kannel | None:
    """The settings of Kannel; None without any, SettingError where one is wrong."""
    if not env.any_of("KANNEL_URL", "KANNEL_SECRET"):
        return None
    return Kannel(
        secret=env.secret("KANNEL_SECRET", 16),
        url=env.url("KANNEL_URL", secure=False),
        username=env.text("KANNEL_USERNAME"),
        password=env.text("KANNEL_PASSWORD"),
        sender=env.text("KANNEL_SENDER"),
        dlt_entity=env.optional("KANNEL_DLT_ENTITY"),
    )


def read_twilio(env: Env) -> Twilio | None:
    """The settings of Twilio; None without any, SettingError where one is wrong."""
    if not env.any_of("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        return None
    return Twilio(
        account_sid=env.text("TWILIO_ACCOUNT_SID"),
        auth_token=env.secret("TWILIO_AUTH_TOKEN", 16),
        sender=env.optional("TWILIO_SENDER"),
        base_url=env.optional_url("TWILIO_BASE_URL"),
        whatsapp_sender=_whatsapp_sender(env),
    )


def _whatsapp_sender(env: Env) -> str | None:
    sender = env.optional("TWILIO_WHATSAPP_SENDER")
    if sender is not None and not re.fullmatch(r"\+[1-9][0-9]{6,14}", sender):
        raise SettingError("TWILIO_WHATSAPP_SENDER must be a number in international form, +…")
    return sender


def read_sparkmeter(env: Env) -> SparkMeter | None:
    """The settings of SparkMeter ThunderCloud; None without any, SettingError where one is wrong."""
    if not env.any_of("SPARKMETER_URL", "SPARKMETER_TOKEN"):
        return None
    return SparkMeter(
        env.url("SPARKMETER_URL").removesuffix("/api/v0"),
        env.text("SPARKMETER_TOKEN"),
        env.names("SPARKMETER_ON_MODE", "auto", ("auto", "on"))[0],
    )


def read_razorpay(env: Env) -> Razorpay | None:
    """The settings of Razorpay; None without any, SettingError where one is wrong."""
    if not env.any_of("RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRET"):
        return None
    old = "RAZORPAY_OLD_WEBHOOK_SECRET"
    return Razorpay(
        key_id=env.text("RAZORPAY_KEY_ID"),
        key_secret=env.secret("RAZORPAY_KEY_SECRET", 16),
        webhook_secret=env.secret("RAZORPAY_WEBHOOK_SECRET", 16),
        old_secret=env.secret(old, 16) if env.optional(old) else None,
        base_url=env.optional_url("RAZORPAY_BASE_URL"),
    )


def read_upi(env: Env) -> Upi | None:
    """The settings of UPI; None without any, SettingError where one is wrong."""
    if not env.any_of("UPI_VPA", "UPI_NAME"):
        return None
    vpa, name = env.text("UPI_VPA"), env.text("UPI_NAME")
    if not re.fullmatch(r"[A-Za-z0-9._-]{2,64}@[A-Za-z][A-Za-z0-9]{1,30}", vpa):
        raise SettingError(f"UPI_VPA must be an address like bijli@bank, not {vpa!r}")
    if len(name) > 40 or not name.isprintable():
        raise SettingError("UPI_NAME must be 40 characters at most")
    return Upi(vpa, name)
