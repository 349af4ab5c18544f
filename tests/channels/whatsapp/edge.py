"""The HTTP edge of Twilio's media and of an S3-compatible store: bytes by path, every request kept."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DAY = "Sat, 21 Nov 2026 07:00:00 GMT"
CHUNK = 64 * 1024


@dataclass(frozen=True)
class Served:
    """What a path answers; without `length` the body comes in chunks, and nobody knows how many."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: bool = True


@dataclass
class Edge:
    """A running edge; `asked` lists method, path and headers of every request."""

    answers: dict[str, Served] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    url: str = ""
    broken: bool = False
    """The store answers nothing but 503."""

    def start(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Served:
        """As Twilio's media for GET, where no object has this path; else as a store."""
        if self.broken:
            return Served(503)
        match method:
            case "PUT":
                return self._put(path, headers, body)
            case "POST":
                return self._delete(path, body.decode())
            case _ if path in self.objects:
                return Served(200, self.objects[path], {"Last-Modified": DAY, "ETag": '"x"'})
            case _:
                return self.answers.get(path, Served(404))

    def _put(self, path: str, headers: Mapping[str, str], body: bytes) -> Served:
        signed = headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 Credential=AKID/")
        if not signed or headers.get("x-amz-content-sha256") != hashlib.sha256(body).hexdigest():
            return Served(403)
        self.objects[path] = body
        return Served(200, headers={"ETag": '"x"'})

    def _delete(self, path: str, body: str) -> Served:
        """Several objects at once: POST /bucket?delete."""
        bucket = path.removesuffix("?delete")
        keys = re.findall(r"<Key>(.*?)</Key>", body)
        for key in keys:
            self.objects.pop(f"{bucket}/{key}", None)
        deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        return Served(200, f"<DeleteResult>{deleted}</DeleteResult>".encode())


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Who asked hung up in the middle, as they should: nothing to report."""


def _handler(edge: Edge) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _take(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            edge.asked.append((self.command, self.path, headers))
            body = self.rfile.read(int(headers.get("content-length", "0")))
            try:
                self._say(edge.answer(self.command, self.path, headers, body))
            except OSError:
                self.close_connection = True  # who asked has heard enough

        do_GET = do_PUT = do_POST = _take  # noqa: N815 - http.server's names

        def _say(self, served: Served) -> None:
            self.send_response(served.status)
            for name, value in served.headers.items():
                self.send_header(name, value)
            if served.length:
                self.send_header("Content-Length", str(len(served.body)))
                self.end_headers()
                self.wfile.write(served.body)
                return
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for start in range(0, len(served.body), CHUNK):
                chunk = served.body[start : start + CHUNK]
                self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep quiet."""

    return Handler
