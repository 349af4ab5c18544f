"""The real service and a real Chromium; without either the tests are left out, and say so."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
import redis

from channels.phone.media import STAND_IN
from tests.conftest import SECRET, Servers, demo_settings, fresh_database
from tests.service import Service

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PICTURES = Path(__file__).parents[2] / "build" / "pictures"
"""Where screenshots are kept, for people to look at."""
PATIENCE = 120_000
"""Milliseconds until something must have been seen; most take a hundredth of that."""
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include>{folders}</fontconfig>
"""


def missing() -> list[str]:
    """What these tests need and this machine lacks."""
    lacking = [] if CHROMIUM else ["chromium (Debian: apt install chromium)"]
    return lacking + ([] if find_spec("playwright") else ["playwright (pip install -e '.[browser]')"])


NEEDED = pytest.mark.skipif(
    bool(missing()), reason=f"the browser's tests are left out: no {', no '.join(missing())}"
)
"""The mark of every module here."""


class PhoneService(Service):
    """The service as the demo runs it: everything reaches the phones on the screen."""

    def _environment(self) -> dict[str, str]:
        env = super()._environment()
        env = {name: value for name, value in env.items() if not name.startswith("KANNEL_")}
        return env | {
            "BIJLI_SMS_GATEWAYS": "phone",
            "TWILIO_ACCOUNT_SID": "AC1",
            "TWILIO_AUTH_TOKEN": SECRET,
            "TWILIO_WHATSAPP_SENDER": "+911800123456",
            "BIJLI_MEDIA_DIR": str(self.folder / "media"),
            "BIJLI_PHOTO_LINKS": "1",
            "SIMULATED_MEDIA_URL": self.url + STAND_IN,
        }


@dataclass(frozen=True)
class Stage:
    """The running service and the browser before it."""

    service: PhoneService
    browser: Browser
    complaints: list[str] = field(default_factory=list)

    def blank(self, width: int = 1280, height: int = 900) -> Page:
        """A fresh page at no address yet; whatever its scripts complain of fails the test at its end."""
        page = self.browser.new_page(viewport={"width": width, "height": height}, reduced_motion="reduce")
        page.context.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def page(self, address: str = "/phone", width: int = 1280, height: int = 900) -> Page:
        """A fresh page at an address of the service."""
        page = self.blank(width, height)
        page.goto(self.service.url + address)
        return page

    def scalar(self, sql: str) -> object:
        """One value from the service's database."""
        with psycopg.connect(self.service.settings.database_url) as connection:
            row = connection.execute(sql.encode()).fetchone()
        return row[0] if row else None


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium with the fonts of our receipts, so that Hindi is drawn on any machine."""
    from playwright.sync_api import sync_playwright

    fonts = tmp_path_factory.mktemp("fonts") / "fonts.conf"
    packages = [find_spec("fontpkg_noto_sans"), find_spec("fontpkg_noto_sans_devanagari")]
    folders = [Path(spec.origin).parent for spec in packages if spec and spec.origin]
    fonts.write_text(FONTS.format(folders="".join(f"<dir>{folder}</dir>" for folder in folders)))
    with sync_playwright() as driver:
        made = driver.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox"] if sys.platform == "linux" else [],
            env={"FONTCONFIG_FILE": str(fonts), "HOME": str(fonts.parent)},
            timeout=PATIENCE,
        )
        yield made
        made.close()


@pytest.fixture
def stage(
    servers: Servers, world_template: str, browser: Browser, redis_client: redis.Redis, tmp_path: Path
) -> Iterator[Stage]:
    """The service with the small world in it, on a database of its own."""
    with fresh_database(servers, world_template) as url:
        service = PhoneService(demo_settings(servers, url), tmp_path, gateway_url="")
        try:
            service.start("web")
            service.start("cron")
            service.await_web()
            made = Stage(service, browser)
            yield made
            for context in browser.contexts:
                context.close()
            assert not made.complaints
        finally:
            service.stop()


@pytest.fixture(scope="session")
def pictures() -> Path:
    """The folder of the screenshots."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    return PICTURES
