"""Peer (a): the least a Flask handler can do with a USSD request."""

from __future__ import annotations

from flask import Flask, Response, request

app = Flask(__name__)


@app.post("/ussd")
def ussd() -> Response:
    """Read the form, say hello."""
    fields = request.form
    fields.get("sessionId"), fields.get("phoneNumber"), fields.get("text")
    return Response("CON hi", mimetype="text/plain")
