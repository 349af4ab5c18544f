"""The load generator: a few kept-alive connections, each with one request under way at a time.

Ours, because wrk can't tie the second request of a talk to the answer of the first, and the HTTP
clients among the wheels spend more of the core than the servers under test.
"""

from __future__ import annotations

import gc
import re
import select
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
SILENCE_LIMIT = 10.0
"""Seconds without any answer after which a server counts as hung."""


class LoadError(Exception):
    """The server under test broke off or hung; the message is one line."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One request, ready to send, and words that its answer must hold."""

    request: bytes
    expected: bytes


@dataclass(frozen=True)
class Volley:
    """What one measured stretch gave: seconds, one latency per answer in ns, and what went wrong."""

    seconds: float
    latencies: list[int]
    wrong: list[str]
    client_share: float
    """How much of its core the generator itself used, 0 to 1."""

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0


@dataclass(slots=True)
class _Line:
    """One connection and the request under way on it."""

    socket: socket.socket
    shot: Shot = Shot(b"", b"")
    sent_at: int = 0
    received: bytes = b""


@dataclass(slots=True)
class _Tally:
    latencies: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def form_post(port: int, path: str, body: str, expected: str, headers: str = "") -> Shot:
    """A POST of an encoded form, as a gateway sends it; `headers` are further lines, each with its end."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    )
    return Shot((head + body).encode(), expected.encode())


def drive(port: int, shots: Sequence[Shot], *, connections: int, seconds: float) -> Volley:
    """Send `shots` in their order until they run out or time is up; every request sent is waited for.

    They are made beforehand, so that making them costs no time here; the answers are those of the first
    so many shots.
    """
    lines = {line.socket.fileno(): line for line in (_open(port) for _ in range(connections))}
    tally = _Tally()
    gc.collect()
    gc.disable()  # a collection of ours would look like a slow answer of theirs
    try:
        cpu, start = time.process_time(), time.perf_counter()
        _run(lines, iter(shots), tally, time.perf_counter_ns() + int(seconds * 1e9))
        elapsed, used = time.perf_counter() - start, time.process_time() - cpu
    finally:
        gc.enable()
        for line in lines.values():
            line.socket.close()
    return Volley(elapsed, tally.latencies, tally.wrong, used / elapsed)


def _open(port: int) -> _Line:
    try:
        connection = socket.create_connection(("127.0.0.1", port), timeout=SILENCE_LIMIT)
    except OSError as error:
        raise LoadError(f"nothing answers on port {port}: {error}") from error
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return _Line(connection)


def _run(lines: dict[int, _Line], shots: Iterator[Shot], tally: _Tally, until: int) -> None:
    poll = select.poll()
    under_way = 0
    for number, line in lines.items():
        if _send(line, shots):
            poll.register(number, select.POLLIN)
            under_way += 1
    while under_way:
        events = poll.poll(SILENCE_LIMIT * 1000)
        if not events:
            raise LoadError(f"no answer for {SILENCE_LIMIT:.0f} s")
        for number, _ in events:
            line = lines[number]
            if not _receive(line, tally):
                continue
            if time.perf_counter_ns() >= until or not _send(line, shots):
                poll.unregister(number)
                under_way -= 1


def _send(line: _Line, shots: Iterator[Shot]) -> bool:
    """Send the next request; False when there is none left."""
    shot = next(shots, None)
    if shot is None:
        return False
    line.shot = shot
    line.received = b""
    line.sent_at = time.perf_counter_ns()
    line.socket.sendall(shot.request)
    return True


def _receive(line: _Line, tally: _Tally) -> bool:
    """Take what has come; True when the answer is whole, and then it is counted and judged."""
    data = line.socket.recv(65536)
    if not data:
        raise LoadError("the server closed a connection in mid-talk")
    line.received += data
    end = line.received.find(b"\r\n\r\n")
    if end < 0:
        return False
    length = CONTENT_LENGTH.search(line.received, 0, end)
    if length is None:
        raise LoadError("an answer came without Content-Length")
    if len(line.received) < end + 4 + int(length[1]):
        return False
    tally.latencies.append(time.perf_counter_ns() - line.sent_at)
    if not line.received.startswith(b"HTTP/1.1 2") or line.shot.expected not in line.received[end:]:
        tally.wrong.append(line.received[-300:].decode("utf-8", "replace"))
    return True
