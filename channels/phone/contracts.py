"""What a network sends to our doors: the forms of Africa's Talking and of Twilio, field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.clock import now
from core.settings import Twilio

API = "api.twilio.com"

NETWORK = "40445"
"""Any operator code will do; this one is an Indian network's."""
SHORT_CODE = "52345"

Form = dict[str, str]


@dataclass(frozen=True, slots=True)
class Tap:
    """A button or row tapped on WhatsApp: its id, its caption, and whether it stood in a list."""

    id: str
    title: str
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo sent on WhatsApp: its id at the stand-in for Twilio's media, and what it says it is."""

    id: str
    content_type: str


def ussd_step(session: str, phone: str, code: str, keys: Sequence[str]) -> Form:
    """One request of a USSD session; every one repeats all keys so far."""
    return {
        "sessionId": session,
        "phoneNumber": phone,
        "networkCode": NETWORK,
        "serviceCode": code,
        "text": "*".join(keys),
    }


def ussd_end(step: Mapping[str, str], status: str, hops: int, last: str, millis: int = 0) -> Form:
    """The notice that a session is over: `status` is Success, Incomplete or Failed."""
    about = {name: value for name, value in step.items() if name != "text"}
    return about | {
        "date": now().strftime("%Y-%m-%d %H:%M:%S"),
        "status": status,
        "cost": "0",
        "durationInMillis": str(millis),
        "hopsCount": str(hops),
        "input": step["text"],
        "lastAppResponse": last,
        "errorMessage": "",
    }


def missed_call(id_: str, phone: str) -> Form:
    """The question what to do with a call that rings."""
    return {
        "isActive": "1",
        "sessionId": id_,
        "direction": "Inbound",
        "callerNumber": phone,
        "destinationNumber": SHORT_CODE,
    }


def sms(id_: str, phone: str, words: str) -> Form:
    """A text to the service."""
    date = now().strftime("%Y-%m-%d %H:%M:%S")
    return {"id": id_, "from": phone, "to": SHORT_CODE, "text": words, "date": date}


def whatsapp(
    account: Twilio,
    id_: str,
    phone: str,
    words: str,
    tap: Tap | None = None,
    photo: Photo | None = None,
) -> Form:
    """A message written on WhatsApp, something tapped there, or a photo with `words` as its caption."""
    form = {
        "MessageSid": id_,
        "SmsMessageSid": id_,
        "AccountSid": account.account_sid,
        "From": f"whatsapp:{phone}",
        "To": f"whatsapp:{account.whatsapp_sender}",
        "WaId": phone.removeprefix("+"),
        "ProfileName": "",
        "Body": tap.title if tap else words,
        "NumMedia": "0",
        "NumSegments": "1",
        "MessageType": "text",
        "ApiVersion": "2010-04-01",
    }
    if photo is not None:
        return form | {
            "MessageType": "image",
            "NumMedia": "1",
            "MediaContentType0": photo.content_type,
            "MediaUrl0": f"https://{API}{media_path(account, id_, photo.id)}",
        }
    if tap is None:
        return form
    if tap.listed:
        return form | {"MessageType": "interactive", "ListId": tap.id, "ListTitle": tap.title}
    return form | {"MessageType": "button", "ButtonPayload": tap.id, "ButtonText": tap.title}


def media_path(account: Twilio, message: str, media: str) -> str:
    """Where Twilio's API has the photo of a message."""
    return f"/2010-04-01/Accounts/{account.account_sid}/Messages/{message}/Media/{media}"
