"""The service in real processes: `bijli serve` and `bijli work --cron`, which a test may kill."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode

import psutil
import psycopg
import urllib3

from bench.rig import clean_environment
from core.settings import Settings
from ops.child import Child, start
from tests.service import free_port

ROOT = Path(__file__).parent.parent.parent
READY_WITHIN = 300.0
PATIENCE = 300.0
"""Seconds a gateway keeps repeating a text."""
SECRET = "a-secret-of-the-chaos-tests-0001"
RAZORPAY_SECRET = "a-webhook-secret-of-the-chaos-tests"
BIJLI = (sys.executable, "-m", "ops.main")


@dataclass
class Service:
    """Programs with the settings of a deployment; SMS leave through `kannel_url`."""

    folder: Path
    database_url: str
    redis_url: str
    kannel_url: str
    port: int = field(default_factory=free_port)
    web: Child | None = None
    worker: Child | None = None
    starts: dict[str, int] = field(default_factory=dict)

    THREADS: ClassVar[int] = 4

    @property
    def env(self) -> dict[str, str]:
        return clean_environment(
            {
                "DATABASE_URL": self.database_url,
                "REDIS_URL": self.redis_url,
                "BIJLI_SECRET_KEY": SECRET,
                "BIJLI_PUBLIC_URL": "https://bijli.example",
                "BIJLI_PORT": str(self.port),
                "BIJLI_THREADS": str(self.THREADS),
                "BIJLI_HELPLINE": "1800123456",
                "BIJLI_LANGUAGE": "en",
                "BIJLI_SMS_GATEWAYS": "kannel",
                "BIJLI_SMS_RATE": "10000",
                "AT_SECRET": SECRET,
                "KANNEL_SECRET": SECRET,
                "KANNEL_URL": self.kannel_url,
                "KANNEL_USERNAME": "bijli",
                "KANNEL_PASSWORD": "kannel-password",
                "KANNEL_SENDER": "BIJLI",
                "RAZORPAY_KEY_ID": "rzp_test_0001",
                "RAZORPAY_KEY_SECRET": "an-api-secret-of-ours",
                "RAZORPAY_WEBHOOK_SECRET": RAZORPAY_SECRET,
            }
        )

    @property
    def settings(self) -> Settings:
        return Settings.from_env(self.env)

    def start_web(self) -> None:
        """Start the web server and wait until it answers."""
        self.web = self._start("web", "serve")
        self._await_web()

    def start_worker(self) -> None:
        self.worker = self._start("worker", "work", "--cron")

    def _start(self, name: str, *words: str) -> Child:
        self.starts[name] = self.starts.get(name, 0) + 1
        return start(name, [*BIJLI, *words], log=self.folder / f"{name}.log", cwd=ROOT, env=self.env)

    def _await_web(self) -> None:
        assert self.web is not None
        assert self.web_comes_back(), self.web.reason() if self.web.ended() else "the web server is silent"

    def web_comes_back(self) -> bool:
        """Wait until it answers; False when it has ended, as it does when its workers die in a row."""
        until = time.monotonic() + READY_WITHIN
        with urllib3.PoolManager(retries=False, timeout=5.0) as pool:
            while time.monotonic() < until and self.web is not None and not self.web.ended():
                try:
                    if pool.request("GET", f"http://127.0.0.1:{self.port}/healthz").status == 200:
                        return True
                except urllib3.exceptions.HTTPError:
                    time.sleep(0.02)
        return False

    def stop(self) -> None:
        """End what runs."""
        for child in (self.worker, self.web):
            if child is not None:
                child.stop(5.0)

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Look into the database from outside, or let time pass in it."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


def kill_all(child: Child) -> None:
    """kill -9 for the program and all it started, as when the power goes."""
    child.sweep()
    child.process.wait()


def kill_inner(child: Child) -> bool:
    """kill -9 for one of its worker processes only; False when it has none just now."""
    inner = psutil.Process(child.process.pid).children(recursive=True)
    for process in inner:
        process.kill()
    return bool(inner)


@dataclass
class Line:
    """One kept-alive connection to the web server, as a gateway has it. Not for two threads at once."""

    service: Service
    _pool: urllib3.HTTPConnectionPool = field(init=False)

    def __post_init__(self) -> None:
        self._pool = urllib3.HTTPConnectionPool(
            "127.0.0.1", self.service.port, maxsize=1, retries=False, timeout=60.0
        )

    def dial(self, session: str, phone: str, text: str) -> str:
        """One USSD request; gives the answer with CON or END."""
        return self._post(
            f"/ussd/africastalking/{SECRET}",
            {"sessionId": session, "phoneNumber": phone, "serviceCode": "*384*77#", "text": text},
        )

    def text(self, id_: str, phone: str, words: str) -> str:
        """One incoming SMS."""
        return self._post(
            f"/sms/africastalking/{SECRET}",
            {"id": id_, "from": phone, "to": "56161", "text": words, "date": "2026-11-21"},
        )

    def text_until_taken(self, id_: str, phone: str, words: str) -> int:
        """As gateways do: again until the answer is 200; gives the number of attempts."""
        until, attempts, why = time.monotonic() + PATIENCE, 0, ""
        while time.monotonic() < until:
            attempts += 1
            try:
                self.text(id_, phone, words)
            except (urllib3.exceptions.HTTPError, Refused) as error:
                why = repr(error)
                time.sleep(0.05)
            else:
                return attempts
        raise TimeoutError(f"{id_} was never taken in {attempts} attempts: {why}")

    def _post(self, path: str, fields: dict[str, str]) -> str:
        answer = self._pool.request(
            "POST",
            path,
            body=urlencode(fields),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        if answer.status != 200:
            raise Refused(f"{answer.status}: {answer.data[:200]!r}")
        return answer.data.decode()

    def close(self) -> None:
        self._pool.close()


class Refused(Exception):
    """An answer other than 200."""
