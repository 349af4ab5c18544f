"""A service of smart meters that exist only in the demo: real HTTP, its own state, meters that use energy.

Each meter follows a village's day (little at night, most in the evening), is now and then out of reach,
and can be switched. Meters come into being when they are first asked for.
"""

from __future__ import annotations

import json
import math
import os
import threading
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from zlib import crc32

from core.clock import INDIA

SPEED = 30.0
"""How much faster than the clock the demo's houses use energy, so that there is something to see."""
SAVE_SECONDS = 5.0
SLOT_SECONDS = 90
OUT_OF_REACH = 0.06
"""In so many of a meter's slots of time it can't be reached."""


@dataclass
class Meter:
    """One meter: energy counted so far in Wh, when that was, and whether it lets power through."""

    wh: float
    at: float
    on: bool = True
    tariff: str = ""
    paise: int = 0


@dataclass
class Meters:
    """All meters, kept in a file; `lock` guards them, because requests come side by side."""

    path: Path
    meters: dict[str, Meter] = field(default_factory=dict)
    credits: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    saved: float = 0.0

    def load(self) -> None:
        """Read what was kept, if anything was."""
        if self.path.exists():
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            self.meters = {name: Meter(**one) for name, one in kept["meters"].items()}
            self.credits = kept["credits"]

    def save(self, now: float, *, at_once: bool = False) -> None:
        """Keep everything, as a whole or not at all."""
        if at_once or now - self.saved > SAVE_SECONDS:
            kept = {
                "meters": {name: asdict(one) for name, one in self.meters.items()},
                "credits": self.credits,
            }
            fresh = self.path.with_suffix(".new")
            fresh.write_text(json.dumps(kept), encoding="utf-8")
            os.replace(fresh, self.path)
            self.saved = now

    def meter(self, name: str, now: float) -> Meter:
        """A meter as it stands now."""
        one = self.meters.setdefault(name, Meter(wh=begin_wh(name), at=now))
        if one.on:
            one.wh += used_wh(name, one.at, now)
        one.at = max(now, one.at)
        return one


def begin_wh(name: str) -> float:
    """What a meter shows when it is first seen; `<anything>@<Wh>` says it itself."""
    _, _, given = name.rpartition("@")
    return float(given) if given.isdigit() and "@" in name else 0.0


def watts(name: str, moment: float) -> float:
    """What a house draws: up to its own 60 to 180 W, most about 20 o'clock, some about 7."""
    here = datetime.fromtimestamp(moment, INDIA)
    hour = here.hour + here.minute / 60
    evening = math.exp(-((hour - 20) ** 2) / 6)
    morning = 0.5 * math.exp(-((hour - 7) ** 2) / 3)
    return (60 + crc32(name.encode()) % 120) * (0.08 + evening + morning)


def used_wh(name: str, since: float, until: float) -> float:
    """Energy between two moments, by the curve in their middle; no time, no energy."""
    return watts(name, (since + until) / 2) * max(0.0, until - since) / 3600 * SPEED


def in_reach(name: str, now: float) -> bool:
    """Whether a meter answers: chance by its name and the slot of time, the same at every asking."""
    return crc32(f"{name}:{int(now // SLOT_SECONDS)}".encode()) % 1000 >= OUT_OF_REACH * 1000


def answer(meters: Meters, method: str, target: str, body: dict[str, Any], now: float) -> tuple[int, Any]:
    """Status and JSON for one request."""
    parts = urlsplit(target)
    path = [unquote(part) for part in parts.path.strip("/").split("/")]
    with meters.lock:
        match method, path:
            case "GET", ["meters"]:
                names = parse_qs(parts.query).get("id", [])
                found = [_shown(name, meters.meter(name, now)) for name in names if in_reach(name, now)]
                meters.save(now)
                return 200, {"meters": found}
            case "PUT", ["meters", name]:
                if not in_reach(name, now):
                    return 409, {"error": "out of reach"}
                return _change(meters, name, body, now)
            case "PUT", ["meters", name, "credits", key]:
                return _credit(meters, name, key, body, now)
            case "GET", ["credits", key]:
                return (200, {"paise": meters.credits[key]}) if key in meters.credits else (404, {})
            case _:
                return 404, {}


def _shown(name: str, meter: Meter) -> dict[str, Any]:
    at = datetime.fromtimestamp(meter.at, UTC).isoformat()
    return {"id": name, "wh": round(meter.wh), "on": meter.on, "at": at}


def _change(meters: Meters, name: str, body: dict[str, Any], now: float) -> tuple[int, Any]:
    meter = meters.meter(name, now)
    meter.on = bool(body.get("on", meter.on))
    meter.tariff = str(body.get("tariff", meter.tariff))
    meters.save(now, at_once=True)
    return 200, _shown(name, meter)


def _credit(meters: Meters, name: str, key: str, body: dict[str, Any], now: float) -> tuple[int, Any]:
    """Credit once for a key."""
    if key not in meters.credits:
        meters.credits[key] = int(body.get("paise", 0))
        meters.meter(name, now).paise += meters.credits[key]
        meters.save(now, at_once=True)
    return 200, {"paise": meters.credits[key]}


def make_server(path: Path, host: str, port: int) -> ThreadingHTTPServer:
    """The service, ready to serve; its state is kept at `path`."""
    meters = Meters(path)
    meters.load()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one packet

        def do_GET(self) -> None:
            self._take()

        def do_PUT(self) -> None:
            self._take()

        def _take(self) -> None:
            try:
                given = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))) or b"{}")
                status, said = answer(meters, self.command, self.path, dict(given), time.time())
            except (ValueError, TypeError):
                status, said = 400, {"error": "not understood"}
            data = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep quiet."""

    return ThreadingHTTPServer((host, port), Handler)


def serve(path: Path, url: str) -> None:
    """Serve at `url` until we are ended."""
    address = urlsplit(url)
    with make_server(path, address.hostname or "127.0.0.1", address.port or 80) as server:
        server.serve_forever()
