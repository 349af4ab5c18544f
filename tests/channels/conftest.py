"""A provider that can be told what to answer, and a database without any message."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import text

from core.db import Database
from tests.channels.sms.provider import Provider, takes_everything
from tests.channels.till import Shop, Till, razorpay
from tests.conftest import Servers, demo_settings, fresh_database
from tests.play import Play


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A stand-in that takes everything, until a test says otherwise."""
    with takes_everything() as made:
        yield made


@pytest.fixture
def outbox_database(kept_database: Database) -> Database:
    """The module's database, with an empty outbox, no trouble and no phones."""
    with kept_database.begin() as session:
        session.execute(text("DELETE FROM outbox; DELETE FROM gateway_pause; DELETE FROM phone"))
    return kept_database


@pytest.fixture
def till(servers: Servers, world_template: str, redis_client: object) -> Iterator[Till]:
    with fresh_database(servers, world_template) as url:
        play = Play(replace(demo_settings(servers, url), sms_rate=10_000, razorpay=razorpay()))
        yield Till(play)
        play.close()


@pytest.fixture
def shop() -> Iterator[tuple[Shop, str]]:
    made = Shop([])

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            made.asked.append(f"{self.command} {self.path}")
            status, body = made.answers.pop(0)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
