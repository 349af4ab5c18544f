"""A ThunderCloud site that a test decides: payloads as published, behind real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import sleep

import msgspec
import pytest

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
