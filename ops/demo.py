"""`bijli demo`: the whole service on one machine, in one foreground command."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg
import urllib3

from core.settings import Settings
from migrations import upgrade
from ops import embedded
from ops.child import Child, start
from ops.demo_data import ensure_demo_data
from ops.environment import base_url, demo_environment
from ops.supervisor import ChildEnded, Crew, check_port, sole_holder

READY_WITHIN = 30.0
PROGRAMS = (
    ("meter service", "meters"),
    ("payment stand-in", "pay-stand-in"),
    ("web server", "serve"),
    ("worker", "work", "--cron"),
)

Say = Callable[[str], None]


def run(folder: Path, say: Say) -> None:
    """Start everything, say what to try, stay until a signal (Ended) or a part's end (ChildEnded)."""
    began = time.monotonic()
    with sole_holder(folder):
        env = demo_environment(folder)
        settings = Settings.from_env(env)
        check_port(settings.host, settings.port)
        with Crew() as crew:
            start_servers(crew, folder, settings)
            prepare(settings, say, embedded_database=settings.database_url == embedded.postgres_url(folder))
            for name, *arguments in PROGRAMS:
                crew.add(_start_program(name, arguments, env, folder))
            _await_ready(crew, settings)
            say(_welcome(settings, time.monotonic() - began, folder))
            crew.watch()


def start_servers(crew: Crew, folder: Path, settings: Settings) -> None:
    """PostgreSQL and Valkey of our own, where the settings name no others."""
    if settings.redis_url == embedded.valkey_url(folder):
        crew.add(embedded.start_valkey(folder))
    if settings.database_url == embedded.postgres_url(folder):
        crew.add(embedded.start_postgres(folder))
        _make_database(folder)


def _make_database(folder: Path) -> None:
    with psycopg.connect(embedded.postgres_url(folder, "postgres"), autocommit=True) as connection:
        known = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", (embedded.SERVICE_DATABASE,)
        )
        if known.fetchone() is None:
            connection.execute(f"CREATE DATABASE {embedded.SERVICE_DATABASE}".encode())


def prepare(settings: Settings, say: Say, *, embedded_database: bool) -> None:
    """Bring the database to this version's schema, with the demo's customers in it."""
    upgrade(settings.database_url)
    if not embedded_database:
        _refuse_real_customers(settings.database_url)
    ensure_demo_data(settings, say)


def _refuse_real_customers(database_url: str) -> None:
    """Never mix invented customers with an operator's own; ServerError when there are some."""
    with psycopg.connect(database_url) as connection:
        found = connection.execute("""
            SELECT EXISTS (SELECT FROM organisation)
                AND NOT EXISTS (SELECT FROM audit WHERE object = 'demo:history')
        """).fetchone()
    if found == (True,):
        raise embedded.ServerError(
            "the database of DATABASE_URL has customers of its own, and the demo's customers are invented: "
            "name an empty database, or start the service with 'bijli serve' and 'bijli work --cron'"
        )


def _start_program(name: str, arguments: list[str], env: Mapping[str, str], folder: Path) -> Child:
    log = folder / f"{name.replace(' ', '-')}.log"
    log.unlink(missing_ok=True)
    argv = [sys.executable, "-m", "ops.main", *arguments]
    return start(name, argv, halt=signal.SIGTERM, log=log, env=env)


def _await_ready(crew: Crew, settings: Settings) -> None:
    """Wait until the service says that it is ready; ChildEnded when a part ends or takes too long."""
    until = time.monotonic() + READY_WITHIN
    url = f"{base_url(settings)}/readyz"
    with urllib3.PoolManager(retries=False, timeout=2.0) as pool:
        while time.monotonic() < until:
            crew.check()
            try:
                answer = pool.request("GET", url)
            except urllib3.exceptions.HTTPError:
                time.sleep(0.05)
                continue
            if answer.status == 200:
                return
            time.sleep(0.1)
    raise ChildEnded(f"The service was not ready within {READY_WITHIN:.0f} s: see {url}")


def _welcome(settings: Settings, seconds: float, folder: Path) -> str:
    bijli = Path(sys.executable).with_name("bijli")
    command = os.path.relpath(bijli) if bijli.exists() else "bijli"
    return f"""
{settings.service_name} is ready ({seconds:.1f} s). Code {settings.ussd_code}, {base_url(settings)}/healthz

Phones in the browser: {base_url(settings)}/phone

Or in another window:
  {command} phone +919800000001 dial 3 1                a customer's first call: language, what she owes
  {command} phone +919800000002 sms "PAY 120457 300"    the collector of her plant takes Rs 300
  {command} phone +919800000001 inbox                   her receipt
  {command} phone +919800000002 sms UNDO                he mistyped
  {command} phone +919800000001 dial 1                  her balance again
  {command} phone +919800000003 sms DUES                the cluster in-charge above them
  {command} phone +919800000001 sms "LINK 100"          a link to pay online: open it and press Pay
  {command} phone +919800000003 sms UNMATCHED           money on the bank that names no connection; MATCH
  {command} phone +919800000003 sms "WAIVE 120490 sorry"  a late fee is taken back, with a code
  {command} phone +919800000003 sms METERS              smart meters; also FLAGS, EXCUSE 120490 7
  {command} phone +919800000014 sms "SCHEME 120490 FAN"  a fan on instalments, agreed to by code
  {command} phone +919800000009 dial                    somebody unknown
  {command} phone +919800000002                         any phone, to dial and text by hand

Logs and data: {os.path.relpath(folder)}/. Ctrl-C ends everything."""
