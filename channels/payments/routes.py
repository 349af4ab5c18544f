"""Where payment providers knock: signed webhooks in, and a page of thanks for the payer."""

from __future__ import annotations

from hashlib import sha256

import msgspec
import structlog
from flask import Blueprint, Response, request
from psycopg.errors import LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from channels.nudge import nudge
from channels.payments.razorpay import read_event, signed
from channels.services import Services
from channels.web import pages
from core import online
from core.clock import now
from core.doing import Doing
from core.people import Caller
from core.text import say

log = structlog.get_logger()

PROVIDER = Caller("razorpay", None, (), None)
"""Who credits, in the audit: no person."""
PATIENCE = "1500ms"
"""How long a webhook waits for each thing that another holds: its answer is due within five seconds."""


def payment_routes(services: Services) -> Blueprint:
    """POST /payments/razorpay and GET /payments/thanks. Without Razorpay's settings there are none."""
    routes = Blueprint("payments", __name__)
    settings = services.settings
    razorpay = settings.razorpay
    if razorpay is None:
        return routes

    @routes.post("/payments/razorpay")
    def webhook() -> Response:
        body = request.get_data()
        if not signed(body, request.headers.get("X-Razorpay-Signature", ""), razorpay):
            log.warning("payment webhook refused", why="signature")
            return Response(status=401)
        event_id = request.headers.get("X-Razorpay-Event-Id", "") or sha256(body).hexdigest()
        # Kept in a transaction of its own: whatever is wrong with it, it can be read again.
        with services.database.begin() as session:
            online.keep_event(session, event_id, body.decode("utf-8", "replace").replace("\0", ""), now())
        try:
            if take(services, event_id, body, patience=PATIENCE):
                nudge(services.redis)
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable):
                raise
            # The provider waits five seconds. What is kept is taken up again by the sweep (jobs/stuck.py).
            log.warning("payment webhook waits", event_id=event_id, why="locked")
        return Response(status=200)

    @routes.get("/payments/thanks")
    def thanks() -> Response:
        return pages.lines(say("paylink.thanks"))

    return routes


def take(services: Services, event_id: str, body: bytes, *, patience: str = "0") -> bool:
    """Do what a webhook that was kept says, once whatever its repeats; False where it can't be read.

    OperationalError when what it needs is held by another for longer than its `patience` (0: for ever).
    """
    try:
        event = read_event(body)
    except (msgspec.MsgspecError, ValueError, KeyError) as error:
        log.warning("payment webhook unclear", event_id=event_id, why=type(error).__name__)
        return False
    with services.database.begin() as session:
        session.execute(text("SELECT set_config('lock_timeout', :patience, true)"), {"patience": patience})
        key = event.paid.reference if event.paid else event_id
        doing = Doing(session, PROVIDER, "razorpay", f"razorpay:{key}", now(), services.settings)
        online.take_event(doing, event_id, event)
    return True
