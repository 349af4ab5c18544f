"""The gateways a deployment sends through, per channel: first choice first."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor

from channels.http import THREADS
from channels.message import Gateway
from channels.phone.gateway import PhoneGateway
from channels.sms.africastalking import AfricasTalkingGateway
from channels.sms.kannel import KannelGateway
from channels.sms.twilio import TwilioGateway
from channels.whatsapp.twilio import WhatsAppGateway
from core.db import Database
from core.errors import SettingError
from core.settings import Settings


def make_gateways(settings: Settings) -> list[Gateway]:
    """The gateways for SMS named in the settings, in that order; they share a few threads."""
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="gateway")
    return [_make(name, settings, pool) for name in settings.sms_gateways]


def make_whatsapp_gateways(settings: Settings, database: Database) -> list[Gateway]:
    """The gateways for WhatsApp; none where the settings name no sender there."""
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="whatsapp")
    return [_make_whatsapp(name, settings, pool, database) for name in settings.whatsapp_gateways]


def _make_whatsapp(name: str, settings: Settings, pool: Executor, database: Database) -> Gateway:
    if name == "phone":
        return PhoneGateway(settings)
    twilio = settings.twilio
    if twilio is None or twilio.whatsapp_sender is None:
        raise SettingError(f"BIJLI_WHATSAPP_GATEWAYS names {name!r}, which has no settings")
    return WhatsAppGateway(twilio, twilio.whatsapp_sender, settings, pool, database)


def _make(name: str, settings: Settings, pool: Executor) -> Gateway:
    match name:
        case "phone":
            return PhoneGateway(settings)
        case "kannel" if settings.kannel:
            return KannelGateway(settings.kannel, settings.public_url, pool)
        case "africastalking" if settings.africastalking:
            return AfricasTalkingGateway(settings.africastalking, pool)
        case "twilio" if settings.twilio and settings.twilio.sender:
            return TwilioGateway(settings.twilio, settings.twilio.sender, settings.public_url, pool)
        case _:
            raise SettingError(f"BIJLI_SMS_GATEWAYS names {name!r}, which has no settings")
