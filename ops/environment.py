"""Where the demo keeps its settings, so that every `bijli` command finds the running service."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from channels.phone.media import STAND_IN
from core.settings import Settings
from ops import embedded

SECRETS = (
    "AT_SECRET",
    "BIJLI_SECRET_KEY",
    "RAZORPAY_KEY_SECRET",
    "RAZORPAY_WEBHOOK_SECRET",
    "TWILIO_AUTH_TOKEN",
)
DEFAULTS = {
    "BIJLI_DEMO": "1",
    "BIJLI_HOST": "127.0.0.1",
    "BIJLI_PAY_LINKS": "1",
    "BIJLI_PHOTO_LINKS": "1",
    "BIJLI_PORT": "8000",
    "BIJLI_USSD_CODE": "*384*77#",
    "BIJLI_HELPLINE": "1800123456",
    "RAZORPAY_KEY_ID": "rzp_test_demo",
    "TWILIO_ACCOUNT_SID": "ACdemo",
    "TWILIO_WHATSAPP_SENDER": "+911800123456",
    "UPI_NAME": "Bijli Line demo",
    "UPI_VPA": "bijliline@demo",
}


def home() -> Path:
    """The folder of the embedded servers and the demo's settings: BIJLI_HOME, else .bijli right here."""
    return Path(os.environ.get("BIJLI_HOME") or ".bijli").absolute()


def demo_file(folder: Path) -> Path:
    """Where the demo keeps its settings, secrets among them."""
    return folder / "demo.env"


def demo_environment(folder: Path, given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """All settings of the demo: what is given counts, then the secrets made once, then the defaults.

    Writes them to `folder`/demo.env, readable by its owner alone.
    """
    kept = read_file(demo_file(folder))
    settings = dict(DEFAULTS)
    for name in SECRETS:
        settings[name] = kept.get(name) or secrets.token_hex(24)
    # An operator's own server needs no folder for the embedded one's socket.
    settings["DATABASE_URL"] = given.get("DATABASE_URL") or embedded.postgres_url(folder)
    settings["REDIS_URL"] = given.get("REDIS_URL") or embedded.valkey_url(folder)
    settings["SIMULATED_METERS_URL"] = f"http://127.0.0.1:{_free_port()}"
    # Never an operator's own Razorpay: the demo's customers pay with no money.
    settings |= {name: given[name] for name in settings if given.get(name) and "RAZORPAY" not in name}
    own_address = f"http://127.0.0.1:{settings['BIJLI_PORT']}"
    settings["SIMULATED_MEDIA_URL"] = _here(settings["BIJLI_HOST"], settings["BIJLI_PORT"]) + STAND_IN
    if not given.get("BIJLI_MEDIA_S3"):
        settings["BIJLI_MEDIA_DIR"] = given.get("BIJLI_MEDIA_DIR") or str(folder.absolute() / "media")
    settings["BIJLI_PUBLIC_URL"] = given.get("BIJLI_PUBLIC_URL") or own_address
    settings["RAZORPAY_BASE_URL"] = _same_or_free(kept.get("RAZORPAY_BASE_URL", ""))
    _write_file(demo_file(folder), settings)
    return dict(given) | settings


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _same_or_free(url: str) -> str:
    """The address of the last start if its port is still free: links that were texted go on working."""
    with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", urlsplit(url).port or 0)) as probe:
        return f"http://127.0.0.1:{probe.getsockname()[1]}"
    return f"http://127.0.0.1:{_free_port()}"


def command_environment(folder: Path, given: Mapping[str, str] = os.environ) -> Mapping[str, str]:
    """The environment as given; where it names no database, with the settings of the demo in `folder`."""
    if given.get("DATABASE_URL"):
        return given
    return read_file(demo_file(folder)) | dict(given)


def base_url(settings: Settings) -> str:
    """Where this machine reaches the web server, which may listen on all addresses."""
    return _here(settings.host, settings.port)


def _here(host: str, port: int | str) -> str:
    near = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104
    return f"http://{near}:{port}"


def read_file(path: Path) -> dict[str, str]:
    """The NAME=value lines of a file; none when there is no file."""
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _write_file(path: Path, settings: Mapping[str, str]) -> None:
    """Replace the file at once, never open to others."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(
        os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        file.writelines(f"{name}={value}\n" for name, value in settings.items())
    fresh.rename(path)
