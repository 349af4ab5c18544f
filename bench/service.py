"""Our own service as an operator runs it: production settings, one worker process, the loaded households."""

from __future__ import annotations

import secrets
import subprocess
import sys
from pathlib import Path

from bench.cores import pinned
from bench.rig import ROOT, THREADS, Rig, RigError, Served, clean_environment, free_port

LOAD_LIMIT = 120.0
BIJLI = (sys.executable, "-m", "ops.main")


def settings(here: Rig, gateway_port: int) -> dict[str, str]:
    """The environment of a production service whose SMS leave through Kannel's stand-in."""
    return {
        "DATABASE_URL": here.database("bijli"),
        "REDIS_URL": here.redis_url,
        "BIJLI_SECRET_KEY": secrets.token_hex(32),
        "BIJLI_PUBLIC_URL": "https://bijli.example",
        "BIJLI_HOST": "127.0.0.1",
        "BIJLI_PORT": str(free_port()),
        "BIJLI_THREADS": str(THREADS),
        "BIJLI_WORKERS": "1",
        "BIJLI_HELPLINE": "1800123456",
        "BIJLI_SMS_GATEWAYS": "kannel",
        "BIJLI_SMS_RATE": "100000",
        "AT_SECRET": secrets.token_hex(16),
        "KANNEL_SECRET": secrets.token_hex(16),
        "KANNEL_URL": f"http://127.0.0.1:{gateway_port}",
        "KANNEL_USERNAME": "bijli",
        "KANNEL_PASSWORD": "bench-password",
        "KANNEL_SENDER": "BIJLI",
    }


def bijli(here: Rig, env: dict[str, str], *words: str) -> None:
    """Run one `bijli` command to its end, on the servers' core."""
    with pinned(here.cores.server):
        done = subprocess.run(
            [*BIJLI, *words],
            check=False,
            cwd=ROOT,
            env=clean_environment(env),
            capture_output=True,
            text=True,
            timeout=LOAD_LIMIT,
        )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise RigError(f"bijli {words[0]} failed: {said[-1][:200] if said else done.returncode}")


def load(here: Rig, env: dict[str, str], folder: Path) -> None:
    bijli(here, env, "load", str(folder))


def serve(here: Rig, env: dict[str, str]) -> Served:
    return here.serve("bijli", [*BIJLI, "serve"], int(env["BIJLI_PORT"]), env)


def ussd_path(env: dict[str, str]) -> str:
    return f"/ussd/africastalking/{env['AT_SECRET']}"
