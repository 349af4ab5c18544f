"""A provider's HTTP edge: a small real server whose answers a test decides."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Taken:
    """A request as it came; `fields` are query and form together, first value each."""

    method: str
    path: str
    fields: dict[str, str]
    headers: dict[str, str]
    body: str = ""


@dataclass(frozen=True)
class Answer:
    """What the provider says, after `delay` seconds; `hang_up` closes the connection without a word."""

    status: int
    body: str
    content_type: str = "application/json"
    delay: float = 0.0
    hang_up: bool = False


@dataclass
class Provider:
    """A running stand-in: `answer` may be changed at any time, `taken` lists every request."""

    answer: Callable[[Taken], Answer]
    taken: list[Taken] = field(default_factory=list)
    url: str = ""
    _server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def takes_everything() -> Iterator[Provider]:
    """A smsbox that takes every message, until a test says otherwise."""
    made = Provider(lambda taken: Answer(202, "0: Accepted for delivery", "text/plain"))
    made.start()
    try:
        yield made
    finally:
        made.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that were killed hang up in mid-talk: nothing to report."""


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one packet
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._take()

        def do_POST(self) -> None:
            self._take()

        def _take(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            pairs = parse_qs(parts.query, keep_blank_values=True) | parse_qs(body, keep_blank_values=True)
            taken = Taken(
                self.command,
                parts.path,
                {name: values[0] for name, values in pairs.items()},
                {name.lower(): value for name, value in self.headers.items()},
                body,
            )
            provider.taken.append(taken)
            answer = provider.answer(taken)
            time.sleep(answer.delay)
            if answer.hang_up:
                self.close_connection = True
                return
            data = answer.body.encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep quiet."""

    return Handler
