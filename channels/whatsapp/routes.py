"""The WhatsApp doors: Twilio's webhooks for messages and for what became of ours."""

from __future__ import annotations

from flask import Blueprint, Response

from channels.doors import only_listed, take_signed
from channels.guard import TwilioSignature
from channels.message import Receive, TakeReport
from channels.whatsapp.twilio import WhatsAppDoor
from core.settings import Settings


def whatsapp_routes(settings: Settings, receive: Receive, take_report: TakeReport) -> Blueprint:
    """/whatsapp/twilio and its /status; no route at all without a WhatsApp sender."""
    doors = Blueprint("whatsapp", __name__)
    if settings.twilio is None or settings.twilio.whatsapp_sender is None:
        return doors
    signature = TwilioSignature(settings.twilio.auth_token, settings.public_url)
    door = WhatsAppDoor()
    only_listed(doors, settings)

    @doors.post("/whatsapp/twilio")
    def message() -> Response:
        return take_signed(signature, door.name, lambda form: receive(door.receive(form)))

    @doors.post("/whatsapp/twilio/status")
    def status() -> Response:
        return take_signed(signature, door.name, lambda form: take_report(door.name, door.report(form)))

    return doors
