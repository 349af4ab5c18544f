"""The SMS doors: every provider's webhooks for texts and for delivery reports.

A provider without its secret has no route at all. A wrong secret looks like a wrong address (404);
a missing signature or an address that is not on the list is refused (403).
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, request

from channels import form
from channels.doors import Form, check_secret, only_listed, take, take_signed
from channels.guard import TwilioSignature
from channels.message import Receive, SmsProvider, TakeReport
from channels.sms.africastalking import AfricasTalkingDoor
from channels.sms.kannel import KannelDoor
from channels.sms.twilio import TwilioDoor
from core.settings import Settings


def sms_routes(settings: Settings, receive: Receive, take_report: TakeReport) -> Blueprint:
    """A blueprint with the doors of every provider that has its settings."""
    doors = Blueprint("sms", __name__)
    only_listed(doors, settings)
    if settings.africastalking:
        _behind_secret(doors, AfricasTalkingDoor(), settings.africastalking.secret, receive, take_report)
    if settings.kannel:
        _behind_secret(
            doors, KannelDoor(), settings.kannel.secret, receive, take_report, raw_form, ["GET", "POST"]
        )
    if settings.twilio:
        _signed(doors, TwilioSignature(settings.twilio.auth_token, settings.public_url), receive, take_report)
    return doors


def _behind_secret(
    doors: Blueprint,
    door: SmsProvider,
    secret: str,
    receive: Receive,
    take_report: TakeReport,
    read: Callable[[], Form] = lambda: request.form,
    methods: list[str] | None = None,
) -> None:
    """Add /sms/<provider>/<secret> and …/status; both answer with an empty 200."""

    def text(given: str) -> Response:
        check_secret(given, secret)
        return take(door.name, read, lambda sent: receive(door.receive(sent)))

    def status(given: str) -> Response:
        check_secret(given, secret)
        return take(door.name, read, lambda sent: take_report(door.name, door.report(sent)))

    path = f"/sms/{door.name}/<given>"
    doors.add_url_rule(path, f"{door.name}_text", text, methods=methods or ["POST"])
    doors.add_url_rule(f"{path}/status", f"{door.name}_status", status, methods=methods or ["POST"])


def _signed(doors: Blueprint, signature: TwilioSignature, receive: Receive, take_report: TakeReport) -> None:
    """Add /sms/twilio and /sms/twilio/status, which answer with an empty TwiML."""
    door = TwilioDoor()

    @doors.post("/sms/twilio")
    def twilio_text() -> Response:
        return take_signed(signature, door.name, lambda sent: receive(door.receive(sent)))

    @doors.post("/sms/twilio/status")
    def twilio_status() -> Response:
        return take_signed(signature, door.name, lambda sent: take_report(door.name, door.report(sent)))


def raw_form() -> Form:
    """Query and form with one Latin-1 character per byte: Kannel sends a text in its own charset."""
    sources = [request.query_string]
    if request.method == "POST":
        sources.append(request.get_data())
    return dict(pair for source in sources for pair in form.pairs(source, "latin-1"))
