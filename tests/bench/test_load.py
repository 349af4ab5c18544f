"""The load generator against a small server that is sometimes slow, sometimes wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.load import LoadError, drive, form_post


class Echo(BaseHTTPRequestHandler):
    """Says what it was sent, in two pieces; `break off` closes the connection."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if body == b"break off":
            self.close_connection = True
            return
        self.send_response(404 if body == b"lost" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:3])
        self.wfile.flush()
        self.wfile.write(body[3:])

    def log_message(self, *args: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_every_answer_is_timed_and_judged_against_its_own_request(port: int) -> None:
    shots = [form_post(port, "/", f"number={n}.", f"number={n}.") for n in range(200)]
    volley = drive(port, shots, connections=8, seconds=20)
    assert len(volley.latencies) == 200
    assert volley.wrong == []
    assert min(volley.latencies) > 0


def test_an_answer_meant_for_someone_else_is_wrong(port: int) -> None:
    shots = [form_post(port, "/", "due=100.50", "100.50"), form_post(port, "/", "due=100.50", "345.50")]
    volley = drive(port, shots, connections=1, seconds=20)
    assert len(volley.wrong) == 1


def test_an_error_page_is_wrong_even_with_the_right_words(port: int) -> None:
    volley = drive(port, [form_post(port, "/", "lost", "lost")], connections=2, seconds=20)
    assert len(volley.wrong) == 1


def test_time_up_ends_it_early(port: int) -> None:
    shots = [form_post(port, "/", "again", "again")] * 1_000_000
    volley = drive(port, shots, connections=2, seconds=0.1)
    assert 0 < len(volley.latencies) < len(shots)
    assert volley.seconds < 5


def test_a_closed_connection_ends_it_with_one_line(port: int) -> None:
    with pytest.raises(LoadError, match="closed a connection"):
        drive(port, [form_post(port, "/", "break off", "")], connections=1, seconds=1)


def test_nobody_there(port: int) -> None:
    with pytest.raises(LoadError, match="nothing answers on port 1:"):
        drive(1, [form_post(1, "/", "", "")], connections=1, seconds=1)
