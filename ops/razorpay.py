"""A stand-in for Razorpay, only in the demo: payment links over its API, a page to pay on, signed webhooks.

No money moves. Links and events not yet told outlive a restart; an event is told until the service takes it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import threading
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlencode, urlsplit

import urllib3

from core.settings import Razorpay

API = "/v1/payment_links"
AGAIN_SECONDS = 2.0
"""Between two tries to tell the service."""
PATIENCE = 5.0
"""Seconds in which a webhook must be answered, as with the provider itself."""
Link: TypeAlias = dict[str, Any]

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Pay Rs {rupees}</title>
<body style="font:16px/1.4 sans-serif;padding:6px;max-width:28em;margin:0 auto">
<p>A stand-in for Razorpay, only in the demo. No money moves.</p>
<h1 style="font-size:1.2em">Rs {rupees} for {description}</h1>
{rest}
</html>
"""
_BUTTONS = """<form method="post"><p><button name="do" value="pay">Pay</button>
<button name="do" value="fail">Fail</button></form>"""
_FAILED = "<p><b>The payment failed. Nothing was taken.</b></p>"


@dataclass(frozen=True)
class Answer:
    """What a request is answered with; `to` sends a browser on."""

    status: int
    body: str = ""
    kind: str = "application/json"
    to: str | None = None


@dataclass
class Desk:
    """All links and the events to tell, kept in a file; `lock` guards them, as requests come side by side."""

    path: Path
    settings: Razorpay
    base: str
    """Where we are reached."""
    links: dict[str, Link] = field(default_factory=dict)
    waiting: list[tuple[str, str]] = field(default_factory=list)
    """Events that the service has not taken: id and body."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def load(self) -> None:
        """Read what was kept, if anything was."""
        if self.path.exists():
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            self.links = kept["links"]
            self.waiting = [(id_, body) for id_, body in kept["waiting"]]

    def save(self) -> None:
        """Keep everything, as a whole or not at all."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps({"links": self.links, "waiting": self.waiting}), encoding="utf-8")
        os.replace(fresh, self.path)

    def tell(self, event: str, now: float, **entities: Link) -> None:
        """Note an event; it is told in the order in which it came."""
        body = {
            "entity": "event",
            "event": event,
            "contains": list(entities),
            "payload": {name: {"entity": entity} for name, entity in entities.items()},
            "created_at": int(now),
        }
        self.waiting.append((f"evt_{secrets.token_hex(7)}", json.dumps(body)))


def answer(desk: Desk, method: str, target: str, login: str, body: str, now: float) -> Answer:
    """Answer one request: of the API, which needs the key, or of a browser."""
    parts = urlsplit(target)
    with desk.lock:
        if parts.path == API:
            key = f"{desk.settings.key_id}:{desk.settings.key_secret}".encode()
            if not hmac.compare_digest(login.encode(), b"Basic " + b64encode(key)):
                return Answer(401, json.dumps({"error": {"description": "Authentication failed"}}))
            return _make(desk, body, now) if method == "POST" else _found(desk, parts.query)
        link = desk.links.get(parts.path.removeprefix("/l/"))
        if link is None:
            return Answer(404, "No such link.", "text/plain")
        if method == "POST":
            return _press(desk, link, parse_qs(body).get("do", [""])[0], now)
        return _page(link, now)


def _make(desk: Desk, body: str, now: float) -> Answer:
    asked = json.loads(body)
    if any(link["reference_id"] == asked["reference_id"] for link in desk.links.values()):
        words = f"payment link creation with reference_id {asked['reference_id']} has already been attempted"
        return Answer(400, json.dumps({"error": {"code": "BAD_REQUEST_ERROR", "description": words}}))
    short = secrets.token_urlsafe(6)
    names = ("amount", "currency", "reference_id", "description", "notes", "expire_by", "callback_url")
    desk.links[short] = {name: asked[name] for name in names} | {
        "id": f"plink_{secrets.token_hex(7)}",
        "short_url": f"{desk.base}/l/{short}",
        "status": "created",
        "amount_paid": 0,
        "created_at": int(now),
    }
    desk.save()
    return Answer(200, json.dumps(desk.links[short]))


def _found(desk: Desk, query: str) -> Answer:
    wanted = parse_qs(query).get("reference_id", [""])[0]
    links = [link for link in desk.links.values() if link["reference_id"] == wanted]
    return Answer(200, json.dumps({"payment_links": links}))


def _page(link: Link, now: float, *, failed: bool = False) -> Answer:
    if link["status"] == "paid":
        rest = "<p>This is paid.</p>"
    elif link["expire_by"] <= now:
        rest = "<p>This link has run out.</p>"
    else:
        rest = (_FAILED if failed else "") + _BUTTONS
    rupees = f"{link['amount'] / 100:.2f}"
    page = _PAGE.format(rupees=rupees, description=escape(str(link["description"])), rest=rest)
    return Answer(200, page, "text/html; charset=utf-8")


def _press(desk: Desk, link: Link, button: str, now: float) -> Answer:
    """A payment that works ends the link and tells of it twice, as the provider does."""
    if link["status"] == "paid" or link["expire_by"] <= now or button not in ("pay", "fail"):
        return _page(link, now)
    payment = _payment(link, "captured" if button == "pay" else "failed", now)
    if button == "fail":
        desk.tell("payment.failed", now, payment=payment)
        desk.save()
        return _page(link, now, failed=True)
    link |= {"status": "paid", "amount_paid": link["amount"], "updated_at": int(now)}
    desk.tell("payment_link.paid", now, payment_link=link, payment=payment)
    desk.tell("payment.captured", now, payment=payment)
    desk.save()
    told = {
        "razorpay_payment_id": payment["id"],
        "razorpay_payment_link_id": link["id"],
        "razorpay_payment_link_reference_id": link["reference_id"],
        "razorpay_payment_link_status": "paid",
    }
    return Answer(303, to=f"{link['callback_url']}?{urlencode(told)}")


def _payment(link: Link, status: str, now: float) -> Link:
    return {
        "id": f"pay_{secrets.token_hex(7)}",
        "entity": "payment",
        "amount": link["amount"],
        "currency": link["currency"],
        "status": status,
        "method": "upi",
        "description": link["id"],
        "notes": link["notes"],
        "created_at": int(now),
    }


def tell_next(desk: Desk, pool: urllib3.PoolManager, hook: str) -> bool:
    """Tell the service of the oldest event, signed over its bytes; False when it is to be told again."""
    with desk.lock:
        event = desk.waiting[0] if desk.waiting else None
    if event is None:
        return False
    body = event[1].encode()
    headers = {
        "Content-Type": "application/json",
        "X-Razorpay-Event-Id": event[0],
        "X-Razorpay-Signature": hmac.new(
            desk.settings.webhook_secret.encode(), body, hashlib.sha256
        ).hexdigest(),
    }
    try:
        taken = 200 <= pool.request("POST", hook, body=body, headers=headers).status < 300
    except urllib3.exceptions.HTTPError:
        return False
    if taken:
        with desk.lock:
            desk.waiting.remove(event)
            desk.save()
    return taken


def _keep_telling(desk: Desk, hook: str) -> None:
    with urllib3.PoolManager(retries=False, timeout=PATIENCE) as pool:
        while True:
            if not tell_next(desk, pool, hook):
                time.sleep(AGAIN_SECONDS if desk.waiting else 0.2)


def make_server(desk: Desk, host: str, port: int) -> ThreadingHTTPServer:
    """The stand-in, ready to serve."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one packet

        def _take(self) -> None:
            given = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode("utf-8", "replace")
            login = self.headers.get("Authorization", "")
            try:
                said = answer(desk, self.command, self.path, login, given, time.time())
            except (ValueError, KeyError, TypeError):
                said = Answer(400, json.dumps({"error": {"description": "not understood"}}))
            self._say(said, {"Location": said.to} if said.to else {})

        do_GET = do_POST = _take  # noqa: N815 - http.server's names

        def _say(self, said: Answer, headers: Mapping[str, str]) -> None:
            data = said.body.encode()
            self.send_response(said.status)
            for name, value in {**headers, "Content-Type": said.kind}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep quiet."""

    return ThreadingHTTPServer((host, port), Handler)


def serve(path: Path, settings: Razorpay, base: str, service: str) -> None:
    """Serve at `base` and tell the service at `service` of payments, until we are ended."""
    desk = Desk(path, settings, base)
    desk.load()
    address = urlsplit(base)
    hook = f"{service}/payments/razorpay"
    threading.Thread(target=_keep_telling, args=(desk, hook), daemon=True).start()
    with make_server(desk, address.hostname or "127.0.0.1", address.port or 80) as server:
        server.serve_forever()
