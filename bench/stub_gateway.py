"""Stands in for Kannel's smsbox: accepts every message at once and remembers when it came.

Run as `python -m bench.stub_gateway PORT`; GET /arrivals gives the moments, in ns of the monotonic clock
that all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time

SEND_PATH = "/cgi-bin/sendsms"
ACCEPTED = b"0: Accepted for delivery"
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Smsbox(asyncio.Protocol):
    """One kept-alive connection."""

    def __init__(self, arrivals: list[int]) -> None:
        self.arrivals = arrivals
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            length = CONTENT_LENGTH.search(self.received, 0, end)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self.received) < whole:
                return
            line, self.received = self.received[:end].split(b"\r\n", 1)[0], self.received[whole:]
            self._answer(line.split(b" ")[1])

    def _answer(self, target: bytes) -> None:
        if target.startswith(SEND_PATH.encode()):
            self.arrivals.append(time.monotonic_ns())
            status, body = b"202 Accepted", ACCEPTED
        else:
            status, body = b"200 OK", json.dumps(self.arrivals).encode()
        self.transport.write(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))


async def main(port: int) -> None:
    arrivals: list[int] = []
    server = await asyncio.get_running_loop().create_server(lambda: Smsbox(arrivals), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
