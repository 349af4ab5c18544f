"""Our web server and worker as processes of their own, sending through Kannel or a stand-in for it."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from core.settings import Settings
from ops.child import Child, start
from tests.conftest import SECRET

ROOT = Path(__file__).parents[1]
PROGRAMS = {"web": ["serve"], "worker": ["work"], "cron": ["work", "--cron"]}
"""`cron` is a worker that also runs the schedule."""


_ports = cycle(range(10_000, 32_000))
for _ in range(os.getpid() * 97 % 22_000):
    next(_ports)


def free_port() -> int:
    """A port that nobody has, nor gets before it is used: those from 32768 on are given to any connection."""
    for port in _ports:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("there is always a next one")


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(what: Callable[[], bool], why: str, patience: float = 300.0) -> float:
    """Wait until something holds; gives the seconds it took."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < patience, f"it took too long: {why}"
        time.sleep(0.01)
    return time.monotonic() - began


@dataclass
class Service:
    """The whole service; each part can be killed and started again."""

    settings: Settings
    folder: Path
    gateway_url: str
    rate: int = 1000
    port: int = field(default_factory=free_port)
    _running: dict[str, Child] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, part: str) -> Child:
        run = [sys.executable, "-c", "from ops.main import cli; cli()", *PROGRAMS[part]]
        log = self.folder / f"{part}.log"
        self._running[part] = start(part, run, log=log, cwd=ROOT, env=self._environment())
        return self._running[part]

    def await_web(self) -> None:
        until(lambda: listens(self.port), "our web server")

    def kill(self, part: str) -> None:
        """kill -9, of the part and of every process it started."""
        child = self._running.pop(part)
        child.sweep()
        child.process.wait()

    def stop(self) -> None:
        for child in self._running.values():
            child.stop()

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": self.settings.database_url,
            "REDIS_URL": self.settings.redis_url,
            "BIJLI_SECRET_KEY": SECRET,
            "BIJLI_DEMO": "1",
            "BIJLI_PUBLIC_URL": self.url,
            "BIJLI_PORT": str(self.port),
            "BIJLI_HELPLINE": "1800123456",
            "BIJLI_SMS_GATEWAYS": "kannel",
            "BIJLI_SMS_RATE": str(self.rate),
            "AT_SECRET": SECRET,
            "KANNEL_URL": self.gateway_url,
            "KANNEL_SECRET": SECRET,
            "KANNEL_USERNAME": "bijli",
            "KANNEL_PASSWORD": "password",
            "KANNEL_SENDER": "BIJLI",
        }
