"""The demo's phones: a page, what it asks of the networks, and what reached a phone.

Only a demo has these routes (channels/app.py): they show everything and speak for any number.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from flask import Blueprint, Response, request, send_from_directory

from channels.phone import contracts, media
from channels.phone.carrier import Answer, Carrier
from channels.phone.errors import NotAsked
from channels.phone.glass import look_below
from channels.phone.mailbox import inbox, letters, size_of, size_of_screen
from channels.phone.people import first_two, people, world_of
from channels.phone.reach import bring_held, dark_among, set_signal
from channels.services import Services
from core.clock import INDIA
from core.phones import read_phone

STATIC = Path(__file__).with_name("static")
SESSION_SECONDS = 180
"""How long networks hold a USSD session."""
MOST_PHONES = 12
LONGEST_NUMBER = 40
USSD_DOOR, SMS_DOOR = "/ussd/africastalking/{secret}", "/sms/africastalking/{secret}"
VOICE_DOOR = "/voice/africastalking/{secret}"
WHATSAPP_DOOR = "/whatsapp/twilio"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'"

Asked = TypeVar("Asked", bound=msgspec.Struct)


class Step(msgspec.Struct):
    """Keys sent in a USSD session."""

    phone: str
    session: str
    keys: list[str]
    twice: bool = False


class End(msgspec.Struct):
    """A USSD session that the network closed."""

    phone: str
    session: str
    keys: list[str]
    status: str
    hops: int
    last: str
    millis: int


class Words(msgspec.Struct):
    """A text or a message on WhatsApp; `id` is the network's own, `photo` the one of an uploaded photo."""

    phone: str
    id: str
    text: str = ""
    tap: contracts.Tap | None = None
    photo: str | None = None
    twice: bool = False


class Measure(msgspec.Struct):
    """Words to be counted."""

    text: str


class Signal(msgspec.Struct):
    """A phone's signal, lost or there again."""

    phone: str
    there: bool


def phone_routes(services: Services, carrier: Carrier) -> Blueprint:
    """GET /phone and its parts; POST what the phones do; GET what reached them."""
    routes = Blueprint("phone", __name__)
    _add_page(routes, services)
    _add_calls(routes, services, carrier)
    _add_messages(routes, services, carrier)
    _add_mail(routes, services)
    media.add_media(routes, services)

    @routes.errorhandler(NotAsked)
    def refused(error: NotAsked) -> Response:
        return Response(f"{error}\n", 400, content_type="text/plain")

    return routes


def _add_page(routes: Blueprint, services: Services) -> None:
    settings = services.settings

    @routes.get("/phone")
    def page() -> Response:
        return _own_only(send_from_directory(STATIC, "phone.html", max_age=0))

    @routes.get("/phone/static/<name>")
    def part(name: str) -> Response:
        return _own_only(send_from_directory(STATIC, name, max_age=0))

    @routes.get("/phone/number")
    def number() -> Response:
        return _json({"phone": read_phone(request.args.get("raw", "")[:LONGEST_NUMBER])})

    @routes.get("/phone/setup")
    def setup() -> Response:
        found = people(services.database.reader)
        whatsapp = settings.twilio is not None and settings.twilio.whatsapp_sender is not None
        return _json(
            {
                "service": settings.service_name,
                "code": settings.ussd_code,
                "shortCode": contracts.SHORT_CODE,
                "seconds": SESSION_SECONDS,
                "zone": INDIA.key,
                "whatsapp": whatsapp,
                "world": world_of(services.database.reader),
                "people": found,
                "first": _named() or first_two(found),
            }
        )


def _add_calls(routes: Blueprint, services: Services, carrier: Carrier) -> None:
    """A USSD session, step by step and its end, and a missed call."""
    settings = services.settings

    @routes.post("/phone/dial")
    def dial() -> Response:
        asked = _asked(Step)
        form = contracts.ussd_step(asked.session, _number(asked.phone), settings.ussd_code, asked.keys)
        answer = carrier.africastalking(USSD_DOOR, form, request.remote_addr, 1 + asked.twice)
        kind, _, screen = answer.body.partition(" ")
        good = answer.status == 200 and kind in ("CON", "END")
        seen = {"ends": kind != "CON", "screen": screen, "size": size_of_screen(screen)} if good else {}
        return _json({"good": good, **_told(answer), **seen})

    @routes.post("/phone/end")
    def end() -> Response:
        asked = _asked(End)
        step = contracts.ussd_step(asked.session, _number(asked.phone), settings.ussd_code, asked.keys)
        form = contracts.ussd_end(step, asked.status, asked.hops, asked.last, asked.millis)
        answer = carrier.africastalking(f"{USSD_DOOR}/ended", form, request.remote_addr, 1)
        return _json({"good": answer.status == 200, **_told(answer)})

    @routes.post("/phone/call")
    def call() -> Response:
        asked = _asked(Words)
        form = contracts.missed_call(asked.id, _number(asked.phone))
        answer = carrier.africastalking(VOICE_DOOR, form, request.remote_addr, 1 + asked.twice)
        return _json({"good": answer.status == 200 and "<Reject/>" in answer.body, **_told(answer)})


def _add_messages(routes: Blueprint, services: Services, carrier: Carrier) -> None:
    """What is written, by SMS or on WhatsApp, and whether the phone has a signal for it."""
    settings = services.settings

    @routes.post("/phone/sms")
    def sms() -> Response:
        asked = _asked(Words)
        form = contracts.sms(asked.id, _number(asked.phone), asked.text)
        answer = carrier.africastalking(SMS_DOOR, form, request.remote_addr, 1 + asked.twice)
        return _json({"good": answer.status == 200, "size": size_of(settings, asked.text), **_told(answer)})

    @routes.post("/phone/whatsapp")
    def whatsapp() -> Response:
        asked, account = _asked(Words), settings.twilio
        if account is None:
            raise NotAsked("there is no WhatsApp here")
        photo = media.known(services.redis, asked.photo) if asked.photo else None
        form = contracts.whatsapp(account, asked.id, _number(asked.phone), asked.text, asked.tap, photo)
        answer = carrier.twilio(WHATSAPP_DOOR, form, request.remote_addr, 1 + asked.twice)
        return _json({"good": answer.status == 200, **_told(answer)})

    @routes.post("/phone/signal")
    def signal() -> Response:
        asked = _asked(Signal)
        set_signal(services.redis, _number(asked.phone), there=asked.there)
        return _json({"good": True})


def _add_mail(routes: Blueprint, services: Services) -> None:
    reader, settings = services.database.reader, services.settings

    @routes.get("/phone/news")
    def news() -> Response:
        phones = _phones()
        dark = dark_among(services.redis, phones)
        bring_held(services, [phone for phone in phones if phone not in dark])
        found = letters(reader, settings, phones, _moment(request.args.get("since")))
        world = world_of(reader)
        return _json({"letters": found, "dark": sorted(dark), "world": world})

    @routes.get("/phone/glass")
    def glass() -> Response:
        return _json(look_below(services, _phones()))

    @routes.post("/phone/measure")
    def measure() -> Response:
        return _json(size_of(settings, _asked(Measure).text))

    @routes.get("/phone/<number>/inbox")
    def arrived(number: str) -> Response:
        """For `bijli phone`: a JSON list, newest last."""
        return _json(inbox(reader, number))


def _asked(kind: type[Asked]) -> Asked:
    """The JSON of a request; another page's form can't send it, as browsers ask first for this type."""
    if request.mimetype != "application/json":
        raise NotAsked("JSON is wanted")
    try:
        return msgspec.json.decode(request.get_data(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotAsked(str(error)) from None


def _phones() -> list[str]:
    return [_number(raw) for raw in request.args.getlist("phone")[:MOST_PHONES]]


def _named() -> list[str]:
    """The phones that the page's address asks for; what is no number is left out."""
    read = [read_phone(raw[:LONGEST_NUMBER]) for raw in request.args.getlist("phone")]
    return list(dict.fromkeys(phone for phone in read if phone))[:MOST_PHONES]


def _number(raw: str) -> str:
    phone = read_phone(raw)
    if phone is None:
        raise NotAsked("this is no mobile number")
    return phone


def _moment(raw: str | None) -> datetime | None:
    try:
        return None if raw is None else datetime.fromisoformat(raw)
    except ValueError:
        raise NotAsked("since is no moment") from None


def _told(answer: Answer) -> dict[str, Any]:
    return {"status": answer.status, "times": answer.times, "same": answer.same}


def _json(found: object) -> Response:
    answer = Response(msgspec.json.encode(found), content_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _own_only(answer: Response) -> Response:
    """Nothing from elsewhere is loaded into the page, and nothing of it goes elsewhere."""
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
