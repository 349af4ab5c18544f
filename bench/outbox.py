"""How fast messages leave, against what the gateway's stand-in and a plain sender can do."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from urllib.parse import quote

import urllib3
from redis import Redis

from bench import service
from bench.cores import pinned
from bench.load import LoadError, Shot, drive
from bench.plain_sender import MESSAGE
from bench.population import LANGUAGE, households
from bench.rig import ROOT, Rig, RigError, await_port, free_port
from bench.stub_gateway import SEND_PATH
from channels.nudge import nudge
from core.db import Database
from core.outbox import KINDS, Message, post_many

MESSAGES = 2_000
DRAIN_LIMIT = 20.0
LOOK_EVERY = 0.1
"""Seconds between looks at the stand-in; the moments themselves are its own, so this costs no precision."""
ROUNDS = 3
PLAIN_MESSAGES = 2_000
STUB_CONNECTIONS = 16
STUB_MESSAGES = 20_000
STUB_SECONDS = 0.5


@dataclass(frozen=True)
class GatewayRates:
    """Messages per second without any outbox: what the stand-in takes at most, and one plain sender alone."""

    stub: float
    plain: float


def start_stub(here: Rig) -> int:
    """Start the gateway's stand-in off the servers' core; gives its port."""
    port = free_port()
    argv = [sys.executable, "-m", "bench.stub_gateway", str(port)]
    await_port(here.run("gateway", argv, here.cores.rest), port)
    return port


def gateway_rates(here: Rig, port: int) -> GatewayRates:
    """Both on an otherwise idle machine, one after the other."""
    query = f"username=bijli&password=bench-password&from=BIJLI&to=%2B919700000000&text={quote(MESSAGE)}"
    shot = Shot(f"GET {SEND_PATH}?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode(), b"Accepted")
    volley = drive(port, [shot] * STUB_MESSAGES, connections=STUB_CONNECTIONS, seconds=STUB_SECONDS)
    if volley.wrong:
        raise LoadError(f"the gateway stub gave a wrong answer: {volley.wrong[0]!r}")
    argv = [sys.executable, "-m", "bench.plain_sender", str(port), str(PLAIN_MESSAGES)]
    with pinned(here.cores.server):
        done = subprocess.run(argv, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise RigError(f"the plain sender failed: {done.stderr.strip()[-200:]}")
    return GatewayRates(stub=volley.rate, plain=float(done.stdout))


@dataclass(frozen=True)
class Drained:
    """One burst: messages per second from the commit to the last HTTP call, ms to the middle and the last."""

    messages: int
    rate: float
    median_ms: float
    last_ms: float


@dataclass(frozen=True)
class OutboxFigures:
    """Bursts through the outbox, each beside the rates without it."""

    gateway: list[GatewayRates]
    bursts: list[Drained]

    def against(self, other: Callable[[GatewayRates], float]) -> float:
        """The outbox's rate over another one of the same round, median of the rounds."""
        return median(one.rate / other(rates) for one, rates in zip(self.bursts, self.gateway, strict=True))


def measure(here: Rig, env: dict[str, str], gateway_port: int) -> OutboxFigures:
    """The RQ worker on the servers' core; the burst that waits for its start is not counted."""
    here.run("worker", [*service.BIJLI, "work"], here.cores.server, env)
    drain(env, gateway_port, 0)
    gateway, bursts = [], []
    for number in range(1, ROUNDS + 1):
        gateway.append(gateway_rates(here, gateway_port))
        bursts.append(drain(env, gateway_port, number))
    return OutboxFigures(gateway, bursts)


def drain(env: dict[str, str], gateway_port: int, burst: int) -> Drained:
    """Commit `MESSAGES` notices in one transaction and wait until the gateway has seen all of them."""
    database, redis = Database(env["DATABASE_URL"]), Redis.from_url(env["REDIS_URL"])
    messages = [
        Message(f"bench:{burst}:{one.index}", one.phone, "notice", MESSAGE, language=LANGUAGE)
        for one in households(MESSAGES)
    ]
    before = len(_arrivals(gateway_port))
    with database.begin() as session:
        post_many(session, messages, default_language=LANGUAGE)
    committed = time.monotonic_ns()
    nudge(redis, KINDS["notice"].priority)
    arrived = _all_arrived(gateway_port, before)
    database.close()
    redis.close()
    late = [(moment - committed) / 1e6 for moment in arrived[before : before + MESSAGES]]
    return Drained(MESSAGES, MESSAGES * 1000 / max(late), median(late), max(late))


def _all_arrived(gateway_port: int, before: int) -> list[int]:
    until = time.monotonic() + DRAIN_LIMIT
    while len(arrived := _arrivals(gateway_port)) < before + MESSAGES:
        if time.monotonic() > until:
            raise RigError(f"{len(arrived) - before} of {MESSAGES} messages left within {DRAIN_LIMIT:.0f} s")
        time.sleep(LOOK_EVERY)
    return arrived


def _arrivals(gateway_port: int) -> list[int]:
    """When each message so far reached the gateway, in ns of the monotonic clock."""
    answer = urllib3.request("GET", f"http://127.0.0.1:{gateway_port}/arrivals", timeout=10.0)
    arrived: list[int] = answer.json()
    return arrived
