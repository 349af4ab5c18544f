"""Starts what the bench needs, each on its core, and ends all of it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from os import environ
from pathlib import Path

import psycopg

from bench.cores import Cores, choose, pinned
from bench.fresh import scratch_folder
from ops import embedded
from ops.child import Child, start

ROOT = Path(__file__).parent.parent
THREADS = 4
GRANIAN = ("--interface", "wsgi", "--workers", "1", "--blocking-threads", str(THREADS))
"""The same for every Python server under test, and what `bijli serve` uses when nothing else is set."""
START_LIMIT = 30.0
SETTINGS = ("AT_", "BIJLI_", "DATABASE_URL", "KANNEL_", "PG", "REDIS_URL", "TWILIO_")
NODE_PEER = ROOT / "bench" / "peers" / "ussd_menu_builder"
NPM_LIMIT = 90.0


@dataclass(frozen=True)
class Served:
    """A running server under test."""

    port: int
    pid: int


class RigError(Exception):
    """Something the bench needs did not start; the message is one line."""


@dataclass(frozen=True)
class Rig:
    """The two databases, a folder for logs and data, and the stack that ends every child."""

    cores: Cores
    folder: Path
    stack: ExitStack

    def database(self, name: str) -> str:
        """The address of an empty database of this name, made now."""
        with psycopg.connect(embedded.postgres_url(self.folder, "postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return embedded.postgres_url(self.folder, name)

    @property
    def redis_url(self) -> str:
        return embedded.valkey_url(self.folder)

    def run(self, name: str, argv: list[str], core: int, env: Mapping[str, str] | None = None) -> Child:
        """Start a child on a core; its output goes to a log in the folder."""
        with pinned(core):
            log = self.folder / f"{name}.log"
            child = start(name, argv, log=log, cwd=ROOT, env=clean_environment(env or {}))
        self.stack.callback(child.stop, 5.0)
        return child

    def serve(self, name: str, argv: list[str], port: int, env: Mapping[str, str] | None = None) -> Served:
        """Start a server under test on its core and wait for its port."""
        child = self.run(name, argv, self.cores.server, env)
        await_port(child, port)
        return Served(port, child.process.pid)

    def granian(self, name: str, app: str, env: Mapping[str, str] | None = None) -> Served:
        """Serve a WSGI application."""
        port = free_port()
        argv = [sys.executable, "-m", "granian", *GRANIAN, "--host", "127.0.0.1", "--port", str(port)]
        return self.serve(name, [*argv, "--log-level", "warning", app], port, env)


@contextmanager
def rig() -> Iterator[Rig]:
    """Throw-away PostgreSQL (flushing to disk as in production) and Valkey, off the server's core."""
    cores = choose()
    with ExitStack() as stack:
        folder = stack.enter_context(scratch_folder())
        with pinned(cores.rest):
            for launch in (embedded.start_postgres, embedded.start_valkey):
                stack.callback(launch(folder).stop)
        stack.enter_context(pinned(cores.rest))
        yield Rig(cores, folder, stack)


def clean_environment(env: Mapping[str, str]) -> dict[str, str]:
    """What a child gets: ours without anybody's settings of the service, and `env`."""
    kept = {name: value for name, value in environ.items() if not name.startswith(SETTINGS)}
    return kept | dict(env)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def await_port(child: Child, port: int) -> None:
    """Wait until `child` listens on `port`."""
    until = time.monotonic() + START_LIMIT
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
            return
        except OSError as error:
            if child.ended():
                raise RigError(child.reason()) from error
            if time.monotonic() > until:
                raise RigError(f"{child.name} did not listen after {START_LIMIT:.0f} s") from error
            time.sleep(0.02)


def install_node_peer() -> str | None:
    """Fetch the node peer's packages unless they are here; None when all is well, else why not."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "there is no node (with npm) on this machine"
    wanted, stamp = NODE_PEER / "package.json", NODE_PEER / "node_modules" / ".bijli"
    if stamp.exists() and stamp.read_bytes() == wanted.read_bytes():
        return None
    argv = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
    try:
        done = subprocess.run(argv, check=False, cwd=NODE_PEER, capture_output=True, timeout=NPM_LIMIT)
    except subprocess.TimeoutExpired:
        return f"npm did not end within {NPM_LIMIT:.0f} s"
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return f"npm could not fetch its packages: {said[0][:120] if said else done.returncode}"
    stamp.write_bytes(wanted.read_bytes())
    return None
