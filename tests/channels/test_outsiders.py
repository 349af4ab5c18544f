"""An outsider at every door of a production: without secret or signature, by any method, with any body."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from channels.app import MOST_BODY, create_app
from channels.services import make_services
from core.settings import Kannel, Settings, Upi
from core.settings.media import Media
from tests.channels.till import razorpay
from tests.conftest import SECRET

OPEN = {"/healthz", "/readyz", "/metrics", "/payments/thanks"}
"""Who runs the service keeps /metrics from the public (docs/operating.md)."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE")
GUESSES = ("wrong", SECRET[:-1], "%00", "%ff", "..%2f", "x" * 2000, "{}", "😀")
BODIES = (
    (None, b""),
    ("application/x-www-form-urlencoded", b"a=b&" * 500),
    ("application/json", b'{"a":'),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--',
    ),
    ("text/plain; charset=utf-99", b"\xff\x00"),
)


@pytest.fixture
def production(settings: Settings, tmp_path: Path) -> Iterator[Flask]:
    """Everything that can be switched on, and no demo."""
    whole = replace(
        settings,
        demo=False,
        kannel=Kannel(SECRET, "http://127.0.0.1:9", "bijli", "password", "BIJLI", None),
        razorpay=razorpay(),
        upi=Upi("bijli@bank", "Bijli Line"),
        media=Media(tmp_path, 1000, 90),
    )
    made = make_services(whole)
    yield create_app(whole, made)
    made.database.close()
    made.wire.close()
    made.redis.close()


def paths(app: Flask, guess: str) -> list[str]:
    """Each route's address with a guess in its gaps."""
    rules = [re.sub(r"<int:\w+>", "1", rule.rule) for rule in app.url_map.iter_rules()]
    return [re.sub(r"<\w+>", guess, rule) for rule in rules]


def test_nobody_gets_in_and_nothing_breaks(production: Flask) -> None:
    client = production.test_client()
    for guess in GUESSES:
        for path in paths(production, guess):
            for method in METHODS:
                for kind, body in BODIES:
                    answer = client.open(path, method=method, data=body, content_type=kind)
                    assert answer.status_code < 500, (method, path, kind)
                    assert answer.status_code >= 300 or path in OPEN, (method, path, kind)
                    assert SECRET not in answer.text
                    if method != "POST" or path in OPEN:
                        break


def test_no_body_is_too_large_to_be_refused(production: Flask) -> None:
    client = production.test_client()
    for path in paths(production, SECRET):
        assert client.post(path, data=b"x" * (MOST_BODY + 1)).status_code in (400, 401, 403, 404, 405, 413), (
            path
        )


def test_a_production_has_no_phones_and_no_files(production: Flask) -> None:
    rules = [rule.rule for rule in production.url_map.iter_rules()]
    assert len(rules) > 20
    assert not [rule for rule in rules if rule.startswith(("/phone", "/static"))]


def test_pages_are_kept_by_nobody_else_and_load_nothing_foreign(production: Flask) -> None:
    client = production.test_client()
    for path in ("/r/x", "/m/x.png", "/pay/x", "/f/x", "/f/x/1.jpg", "/payments/thanks"):
        headers = client.get(path).headers
        assert headers["Cache-Control"].startswith(("private", "no-store"))
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
