"""A ThunderCloud site that a test decides: payloads as published, behind real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import sleep

import msgspec
import pytest
import redis
from sqlalchemy import text

from channels.meters.carrying import Road, carry, make_road
from core import clock, meters
from core.db import Database
from core.meters.commands import requeue_abandoned
from core.settings import SparkMeter
from tests.conftest import Servers, demo_settings, fresh_database

CUSTOMER = "2f1c7e60-1f5e-4b6f-8a40-3f6a3c0f1d02"
PAYLOADS = Path(__file__).parents[2] / "payloads" / "sparkmeter"


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    token: str
    body: dict[str, object]


@dataclass(frozen=True)
class Said:
    """An answer; without a status the connection is cut after the request was taken."""

    status: int | None
    body: str = "{}"
    delay: float = 0.0


def payload(name: str) -> str:
    return (PAYLOADS / f"{name}.json").read_text(encoding="utf-8")


@dataclass
class Site:
    """`say` may be changed at any time; `asked` lists every request."""

    say: Callable[[Asked], Said]
    asked: list[Asked] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site(lambda asked: Said(404, payload("not_found")))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            token = self.headers.get("Authentication-Token", "")
            asked = Asked(self.command, self.path, token, msgspec.json.decode(body) if body else {})
            made.asked.append(asked)
            said = made.say(asked)
            sleep(said.delay)
            if said.status is None:
                self.close_connection = True
                return
            self.send_response(said.status)
            self.send_header("Content-Length", str(len(said.body.encode())))
            self.end_headers()
            self.wfile.write(said.body.encode())

        do_GET = take  # noqa: N815
        do_POST = take  # noqa: N815
        do_PUT = take  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Who does not wait for a slow answer hangs up: nothing to report."""

    server = Server(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


@dataclass
class Stage:
    """Connection 120457 on a ThunderCloud site."""

    road: Road
    database: Database
    house: int

    def run(self, sql: str) -> None:
        with self.database.begin() as session:
            session.execute(text(sql))

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with self.database.begin() as session:
            return [tuple(row) for row in session.execute(text(sql)).all()]

    def credit(self, source: str = "pay:1") -> None:
        with self.database.begin() as session:
            meters.credit(session, source=source, connection_id=self.house, paise=300_00, at=clock.now())

    def switch(self, source: str, *, on: bool) -> None:
        with self.database.begin() as session:
            meters.switch(session, source=source, connection_id=self.house, on=on, at=clock.now())

    def carry(self) -> int:
        """Let all waiting times go by, and carry."""
        with self.database.begin() as session:
            session.execute(text("UPDATE meter_command SET next_at = now() - interval '1 second'"))
            session.execute(text("UPDATE gateway_pause SET until = now() - interval '1 second'"))
            requeue_abandoned(session)
        return carry(self.road, seconds=0.01)

    def states(self) -> list[tuple[object, ...]]:
        return self.rows("SELECT source, state, error FROM meter_command ORDER BY id")


@pytest.fixture
def stage(servers: Servers, world_template: str, site: Site, redis_client: redis.Redis) -> Iterator[Stage]:
    with fresh_database(servers, world_template) as url:
        settings = replace(
            demo_settings(servers, url),
            sparkmeter=SparkMeter(site.url, "token", "auto"),
            meter_rate=1000,
        )
        database = Database(url)
        road = make_road(database, redis_client, settings)
        with database.begin() as session:
            house = session.execute(
                text(
                    "UPDATE connection SET meter_driver = 'sparkmeter', meter_id = :id "
                    "WHERE number = '120457' RETURNING id"
                ),
                {"id": CUSTOMER},
            ).scalar_one()
        yield Stage(road, database, house)
        database.close()
