"""The demo's phone: what arrived on a number, for `bijli phone`."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from channels.sms.phone import inbox
from core.db import Database


def phone_routes(database: Database) -> Blueprint:
    """GET /phone/<number>/inbox: a JSON list, newest last. Only a demo may have this: it shows everything."""
    routes = Blueprint("phone", __name__)

    @routes.get("/phone/<number>/inbox")
    def arrived(number: str) -> Response:
        with database.begin() as session:
            return jsonify(inbox(session, number))

    return routes
