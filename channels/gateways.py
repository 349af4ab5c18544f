"""The gateways a deployment sends SMS through: first choice first."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor

from channels.message import Gateway
from channels.sms.africastalking import AfricasTalkingGateway
from channels.sms.http import THREADS
from channels.sms.kannel import KannelGateway
from channels.sms.phone import PhoneGateway
from channels.sms.twilio import TwilioGateway
from core.errors import SettingError
from core.settings import Settings


def make_gateways(settings: Settings) -> list[Gateway]:
    """The gateways named in the settings, in that order; they share a few threads."""
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="gateway")
    return [_make(name, settings, pool) for name in settings.sms_gateways]


def _make(name: str, settings: Settings, pool: Executor) -> Gateway:
    match name:
        case "phone":
            return PhoneGateway()
        case "kannel" if settings.kannel:
            return KannelGateway(settings.kannel, settings.public_url, pool)
        case "africastalking" if settings.africastalking:
            return AfricasTalkingGateway(settings.africastalking, pool)
        case "twilio" if settings.twilio:
            return TwilioGateway(settings.twilio, settings.public_url, pool)
        case _:
            raise SettingError(f"BIJLI_SMS_GATEWAYS names {name!r}, which has no settings")
