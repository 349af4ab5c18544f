"""The demo's stand-in for Razorpay: from LINK to the receipt over real HTTP, and what outlives a restart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
import urllib3
from werkzeug.serving import BaseWSGIServer
from werkzeug.serving import make_server as make_web_server

from channels.app import create_app
from core.settings import Razorpay
from jobs import links
from ops.razorpay import Desk, make_server, tell_next
from tests.conftest import Servers, demo_settings, fresh_database
from tests.play import Play

ASHA = "+919800000001"
KEYS = Razorpay("rzp_test_demo", "an-api-secret-of-ours", "a-webhook-secret-of-ours", None, None)


@dataclass
class Bazaar:
    """The service and the stand-in, each at an address of its own."""

    play: Play
    desk: Desk
    service: str
    pool: urllib3.PoolManager

    def link(self, rupees: str) -> str:
        """Ask for a link; gives the address that the customer was texted."""
        self.play.text(ASHA, f"LINK {rupees}")
        links.make()
        words = self.play.deliver()[-1][1]
        return next(word for word in words.split() if word.startswith("http"))

    def press(self, url: str, button: str) -> urllib3.BaseHTTPResponse:
        return self.pool.request("POST", url, fields={"do": button}, encode_multipart=False, redirect=False)

    def tell(self) -> int:
        """Tell the service of everything; gives how many events it took."""
        told = 0
        while tell_next(self.desk, self.pool, f"{self.service}/payments/razorpay"):
            told += 1
        return told

    def receipts(self) -> object:
        return self.play.scalar("SELECT count(*) FROM receipt")


@contextmanager
def running(server: ThreadingHTTPServer | BaseWSGIServer) -> Iterator[str]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def bazaar(
    servers: Servers,
    world_template: str,
    redis_client: object,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Bazaar]:
    with ExitStack() as stack:
        url = stack.enter_context(fresh_database(servers, world_template))
        desk = Desk(tmp_path / "razorpay.json", KEYS, "")
        desk.base = stack.enter_context(running(make_server(desk, "127.0.0.1", 0)))
        razorpay = replace(KEYS, base_url=desk.base)
        play = Play(replace(demo_settings(servers, url), sms_rate=10_000, razorpay=razorpay))
        stack.callback(play.close)
        app = create_app(play.settings, play.services)
        service = stack.enter_context(running(make_web_server("127.0.0.1", 0, app, threaded=True)))
        monkeypatch.setattr(links, "services", lambda: play.services)
        pool = stack.enter_context(urllib3.PoolManager(retries=False, timeout=60.0))
        yield Bazaar(play, desk, service, pool)


def test_from_the_link_to_the_receipt(bazaar: Bazaar) -> None:
    url = bazaar.link("300")
    page = bazaar.pool.request("GET", url).data
    assert b"Rs 300.00 for 120457" in page
    assert len(page) < 10_000
    assert b"<script" not in page
    answer = bazaar.press(url, "pay")
    assert answer.status == 303
    assert answer.headers["Location"].startswith(f"{bazaar.play.settings.public_url}/payments/thanks?")
    assert bazaar.tell() == 2
    [(phone, words)] = bazaar.play.deliver()
    assert (phone, "Rs 300 jama" in words) == (ASHA, True)
    bazaar.press(url, "pay")
    assert (bazaar.tell(), bazaar.receipts()) == (0, 1)
    assert b"This is paid." in bazaar.pool.request("GET", url).data


def test_a_payment_that_fails_can_be_tried_again(bazaar: Bazaar) -> None:
    url = bazaar.link("300")
    assert b"The payment failed" in bazaar.press(url, "fail").data
    assert (bazaar.tell(), bazaar.receipts()) == (1, 0)
    bazaar.press(url, "pay")
    assert (bazaar.tell(), bazaar.receipts()) == (2, 1)


def test_what_was_not_told_is_told_after_a_restart(bazaar: Bazaar) -> None:
    bazaar.press(bazaar.link("300"), "pay")
    assert not tell_next(bazaar.desk, bazaar.pool, "http://127.0.0.1:1/payments/razorpay")
    again = Desk(bazaar.desk.path, KEYS, bazaar.desk.base)
    again.load()
    assert (again.links, again.waiting) == (bazaar.desk.links, bazaar.desk.waiting)
    bazaar.desk = again
    assert (bazaar.tell(), bazaar.receipts()) == (2, 1)


def test_the_same_reference_is_one_link_and_a_wrong_key_is_refused(bazaar: Bazaar) -> None:
    url = bazaar.link("300")
    with bazaar.play.services.database.begin() as session:
        session.connection().exec_driver_sql("UPDATE payment_link SET state = 'asked', url = NULL")
    links.make()
    assert bazaar.play.scalar("SELECT url FROM payment_link") == url
    assert len(bazaar.desk.links) == 1
    answer = bazaar.pool.request("POST", f"{bazaar.desk.base}/v1/payment_links", body=b"{}")
    assert answer.status == 401
    assert bazaar.pool.request("GET", f"{bazaar.desk.base}/l/other").status == 404
