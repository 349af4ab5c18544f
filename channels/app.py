"""The only wiring: settings in, a Flask application out."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, request

from channels import carrying, texting
from channels.message import DeliveryReport, Inbound, Reply
from channels.payments.routes import payment_routes
from channels.phone.carrier import Carrier
from channels.phone.routes import phone_routes
from channels.reports import take_report
from channels.services import Services, make_services
from channels.sms.routes import sms_routes
from channels.ussd import hop as ussd_hop
from channels.ussd.africastalking import ussd_routes
from channels.voice.routes import voice_routes
from channels.web.health import health_routes
from channels.web.metrics import metrics_routes
from channels.web.paypage import pay_routes
from channels.web.photos import photo_routes
from channels.web.pictures import picture_routes
from channels.web.receipts import receipt_routes
from channels.whatsapp.routes import whatsapp_routes
from conversations.catalogue import words_of_commands
from core.errors import SettingError
from core.settings import Settings
from core.text import check_words, name_service, render, say

log = structlog.get_logger()

MOST_BODY = 256 * 1024
"""Bytes of a webhook's body; the largest real one is a few thousand."""


class App(Flask):
    """Flask, but for how it logs what broke: an address of ours holds its gateway's secret."""

    def log_exception(self, exc_info: Any) -> None:
        log.error("webhook broke", door=request.endpoint, exc_info=exc_info)


def create_app(settings: Settings, services: Services | None = None) -> Flask:
    """All doors over one set of services. Raises SettingError when the words are not complete."""
    wrong = check_words(words_of_commands())
    if wrong:
        raise SettingError(f"locales: {wrong[0]}" + (f" and {len(wrong) - 1} more" if wrong[1:] else ""))
    name_service(settings.service_name, settings.helpline)
    made = services or make_services(settings)
    app = App("bijli_line", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY

    def step(session: str, phone: str, text: str) -> Reply:
        return ussd_hop.step(made, session, phone, text)

    def trouble(phone: str) -> Reply:
        return Reply(render(say("nav.busy"), _language(made, phone)), ends=True)

    def receive(inbound: Inbound) -> None:
        texting.receive(made, inbound)

    def report(gateway: str, told: DeliveryReport) -> None:
        take_report(made.database, made.redis, settings.default_language, gateway, told)

    def dropped(session: str, phone: str) -> None:
        carrying.dropped(made, session, phone)

    app.register_blueprint(ussd_routes(settings, step, trouble, dropped))
    app.register_blueprint(sms_routes(settings, receive, report))
    app.register_blueprint(whatsapp_routes(settings, receive, report))
    app.register_blueprint(voice_routes(made))
    app.register_blueprint(health_routes(made.database.reader, made.redis))
    app.register_blueprint(metrics_routes(made.database, made.redis))
    app.register_blueprint(receipt_routes(settings, made.database.reader))
    app.register_blueprint(picture_routes(settings, made.database.reader))
    app.register_blueprint(photo_routes(settings, made.database.reader))
    app.register_blueprint(payment_routes(made))
    app.register_blueprint(pay_routes(settings, made.database.reader))
    if settings.demo:
        app.register_blueprint(phone_routes(made, Carrier(app.wsgi_app, settings)))
    return app


def _language(services: Services, phone: str) -> str:
    """The language to apologise in, from what Redis still knows: the database may be what is broken."""
    caller = services.places.load("ussd", phone).caller
    return caller.language if caller and caller.language else services.settings.default_language
