"""Widgets as contents of Twilio's Content API: one for each shape, made when it is first needed.

Twilio sends buttons and lists only by the id of a content made beforehand. A content here has no words
of its own: each line, caption and id is a variable, so that one content serves every question of its
shape (so many lines, so many choices, which of them described) in every language. Within the 24
hours after a person's last message a content needs no approval.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
import structlog
from sqlalchemy import text
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from channels.twilio import CONTENT_HOST
from core.db import Database
from core.widget import Widget

log = structlog.get_logger()

CONTENTS = f"{CONTENT_HOST}/v1/Content"
MOST_VARIABLES = 100
LONGEST_VARIABLE = 250
"""Characters; Twilio recommends fewer than that, and older accounts take no more than 255."""
REST = 60.0
"""Seconds without a content that could not be made or was refused; until then the question goes as text."""


@dataclass(frozen=True, slots=True)
class Content:
    """A shape by its name, its definition at Twilio, and what fills its variables this time."""

    name: str
    types: Mapping[str, Any]
    variables: Mapping[str, str]


def content_of(widget: Widget) -> Content | None:
    """The content that shows a widget; None where its words don't fit into variables."""
    values: dict[str, str] = {}

    def variable(value: str) -> str:
        values[str(len(values) + 1)] = value
        return f"{{{{{len(values)}}}}}"

    lines = [line.strip() for line in widget.body.split("\n")]
    body = "\n".join([variable(line) if line else "" for line in lines])
    if widget.type == "buttons":
        actions = [
            {"type": "QUICK_REPLY", "title": variable(choice.title), "id": variable(choice.id)}
            for choice in widget.options
        ]
        types: dict[str, Any] = {"twilio/quick-reply": {"body": body, "actions": actions}}
    else:
        button = variable(widget.button or "")
        items = [
            {"item": variable(choice.title), "id": variable(choice.id)}
            | ({"description": variable(choice.description)} if choice.description else {})
            for choice in widget.options
        ]
        types = {"twilio/list-picker": {"body": body, "button": button, "items": items}}
    fitting = all(0 < len(value) <= LONGEST_VARIABLE for value in values.values())
    if not body.strip() or not fitting or len(values) > MOST_VARIABLES:
        return None
    shape = "".join("1" if line else "0" for line in lines)
    described = "".join("d" if choice.description else "s" for choice in widget.options)
    name = f"bijli_{widget.type}_{shape}_{described}"
    return Content(name, types, values)


_KNOWN = text("SELECT sid FROM whatsapp_content WHERE account = :account AND name = :name")
_KEEP = text("""
    INSERT INTO whatsapp_content (account, name, sid) VALUES (:account, :name, :sid)
    ON CONFLICT (account, name) DO UPDATE SET sid = whatsapp_content.sid RETURNING sid
""")
_FORGET = text("DELETE FROM whatsapp_content WHERE account = :account AND name = :name AND sid = :sid")


class Contents:
    """The ids of contents: from memory, else from the database, else made at Twilio, once."""

    def __init__(self, database: Database, client: Client) -> None:
        self._database = database
        self._client = client
        self._account = str(client.account_sid)
        self._known: dict[str, str] = {}
        self._rest_until: dict[str, float] = {}
        self._lock = threading.Lock()

    def id_of(self, content: Content) -> str | None:
        """Twilio's id (HX…) of a content; None while it can't be had."""
        if self._rest_until.get(content.name, 0.0) > time.monotonic():
            return None
        found = self._known.get(content.name)
        if found is not None:
            return found
        # One thread at a time, so that the messages of one batch don't make the same content twice.
        with self._lock:
            if content.name not in self._known:
                made = self._stored(content.name) or self._make(content)
                if made is None:
                    self._rest_until[content.name] = time.monotonic() + REST
                    return None
                self._known[content.name] = made
            return self._known[content.name]

    def refused(self, content: Content, sid: str, *, gone: bool) -> None:
        """Leave a content that was refused alone for a while; one that is `gone` is made anew then."""
        self._rest_until[content.name] = time.monotonic() + REST
        if not gone:
            return
        self._known.pop(content.name, None)
        with self._database.begin() as session:
            session.execute(_FORGET, {"account": self._account, "name": content.name, "sid": sid})

    def _stored(self, name: str) -> str | None:
        with self._database.begin() as session:
            return session.execute(_KNOWN, {"account": self._account, "name": name}).scalar_one_or_none()

    def _make(self, content: Content) -> str | None:
        # Nobody's name or debt among the examples that Twilio keeps.
        examples = {number: f"v{number}" for number in content.variables}
        sid = make_content(self._client, content.name, "en", content.types, examples)
        if sid is None:
            return None
        with self._database.begin() as session:
            # Another worker may have been quicker; then its content is used, and ours never.
            row = {"account": self._account, "name": content.name, "sid": sid}
            return str(session.execute(_KEEP, row).scalar_one())


def make_content(
    client: Client, name: str, language: str, types: Mapping[str, Any], variables: Mapping[str, str]
) -> str | None:
    """Make a content at Twilio; gives its id, or None where that fails, which is logged.

    `variables` are its examples, which reviewers of a template see.
    """
    body = {"friendly_name": name, "language": language, "variables": dict(variables), "types": dict(types)}
    try:
        answer = client.request("POST", CONTENTS, data=body, headers={"Content-Type": "application/json"})
        sid = json.loads(answer.text).get("sid") if answer.ok else None
    except (requests.RequestException, TwilioException, ValueError) as error:
        log.warning("content not made", name=name, why=type(error).__name__)
        return None
    if sid is None:
        log.warning("content not made", name=name, why=f"HTTP {answer.status_code}")
    return None if sid is None else str(sid)
