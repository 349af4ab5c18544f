"""The WhatsApp doors: Twilio's webhooks for messages and for what became of ours."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, abort, request

from channels.doors import take_signed
from channels.guard import Addresses, TwilioSignature
from channels.message import Receive, TakeReport
from channels.whatsapp.twilio import WhatsAppDoor
from core.settings import Settings

log = structlog.get_logger()


def whatsapp_routes(settings: Settings, receive: Receive, take_report: TakeReport) -> Blueprint:
    """/whatsapp/twilio and its /status; no route at all without a WhatsApp sender."""
    doors = Blueprint("whatsapp", __name__)
    if settings.twilio is None or settings.twilio.whatsapp_sender is None:
        return doors
    signature = TwilioSignature(settings.twilio.auth_token, settings.public_url)
    addresses = Addresses(settings.allowed_addresses)
    door = WhatsAppDoor()

    @doors.before_request
    def check_address() -> None:
        if not addresses.allow(request.remote_addr):
            log.warning("webhook refused", door=request.endpoint, why="address")
            abort(403)

    @doors.post("/whatsapp/twilio")
    def message() -> Response:
        return take_signed(signature, door.name, lambda form: receive(door.receive(form)))

    @doors.post("/whatsapp/twilio/status")
    def status() -> Response:
        return take_signed(signature, door.name, lambda form: take_report(door.name, door.report(form)))

    return doors
