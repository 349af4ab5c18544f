"""Photos for staff by SMS and USSD: a link of one part that names nobody, works for a week, and no longer."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from channels.photos import store_of
from core import photo_pages
from core.clock import today
from core.outbox import KINDS
from core.photo_pages import Page
from core.settings import LANGUAGES, Settings, Twilio
from core.settings.media import Media
from jobs import photos
from tests.channels.whatsapp.camera import (
    ACCOUNT,
    ASHA,
    IN_CHARGE,
    JPEG,
    MOST,
    PATH,
    RAMESH,
    SECOND,
    Camera,
    photo,
)
from tests.channels.whatsapp.edge import Edge, Served
from tests.play import Play

PALASI = "+919800000040"
LINK = re.compile(r"https://[a-z.]+(/f/([A-Za-z0-9_-]{24}))(?: |$)")


@pytest.fixture
def camera(play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Camera]:
    edge = Edge()
    edge.start()
    twilio = Twilio(ACCOUNT, "0123456789abcdef0123", None, edge.url, "+911800123456")
    made = Play(
        replace(
            play.settings,
            twilio=twilio,
            whatsapp_gateways=("phone",),
            media=Media(tmp_path / "photos", MOST, 90),
            photo_links=True,
            public_url="https://bijli.example",
        )
    )
    monkeypatch.setattr(photos, "services", lambda: made.services)
    edge.answers = {PATH: Served(200, JPEG), SECOND: Served(200, photo("PNG", (600, 900)))}
    made.text(ASHA, "LANGUAGE ENGLISH")
    made.deliver()
    yield Camera(made, edge)
    store_of.cache_clear()
    made.close()
    edge.stop()


@pytest.fixture
def request_(camera: Camera) -> str:
    """A fault with two photos."""
    number = camera.request()
    camera.send("photo_captioned", id_="MM1")
    camera.send("photo_png", id_="MM2", place=SECOND)
    camera.said()
    return number


def link_in(words: str) -> str:
    found = LINK.search(words)
    assert found, words
    return found[1]


def test_by_sms_the_link_follows_in_one_part(camera: Camera, request_: str) -> None:
    camera.play.text(RAMESH, f"HIST {request_}")
    link, answer = camera.play.arrivals()
    assert answer.words.endswith("Photos: 2. The link to them is in an SMS of its own.")
    assert (link.kind, link.phone, link.parts) == ("link", RAMESH, 1)
    assert link.words.startswith(f"Photos of request {request_}: https://bijli.example/f/")
    assert "9800000001" not in link.words
    assert "Asha" not in link.words


@pytest.mark.parametrize(
    ("phone", "words"),
    [
        ("+919800000012", "फ़ोटो: 2। देखने का लिंक अलग SMS में है।"),
        ("+919800000022", "Photo: 2. Dekhne ka link alag SMS mein hai."),
    ],
)
def test_in_their_own_language(camera: Camera, request_: str, phone: str, words: str) -> None:
    camera.play.text(phone, f"HIST {request_}")
    link, answer = camera.play.arrivals()
    assert answer.words.endswith(words)
    page = camera.play.client.get(link_in(link.words))
    assert ("शिकायत" if phone.endswith("12") else "Shikayat") in page.text
    assert link.parts <= KINDS["link"].budget["hi" if phone.endswith("12") else "hi-Latn"]


def test_on_ussd_the_link_comes_by_sms_as_well(camera: Camera, request_: str) -> None:
    handset = camera.play.dial(RAMESH, "7", "6", "4", request_)
    screens = [handset.screen]
    while not handset.ended:
        screens.append(handset.press("9"))
    assert "Photos: 2. The link to them is in an SMS of its own." in "\n".join(screens)
    [link] = camera.play.arrivals()
    assert (link_in(link.words)[:3], link.parts) == ("/f/", 1)


def test_the_page_is_light_and_shows_each_photo_small_and_whole(camera: Camera, request_: str) -> None:
    camera.play.text(RAMESH, f"HIST {request_}")
    path = link_in(camera.play.arrivals()[0].words)
    page = camera.play.client.get(path)
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert len(page.data) < 4_000
    assert "<script" not in page.text
    assert f"Photos of request {request_}" in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Robots-Tag"] == "noindex"
    small = re.findall(r'src="([^"]+)"', page.text)
    whole = re.findall(r'<a href="([^"]+\.jpg)"', page.text)
    assert len(small) == len(whole) == 2
    sizes = [Image.open(io.BytesIO(camera.play.client.get(f"/f/{one}").data)).size for one in small + whole]
    assert sizes == [(320, 480), (480, 360), (600, 900), (1200, 900)]
    assert all(len(camera.play.client.get(f"/f/{one}").data) < 60_000 for one in small)
    assert "शिकायत" in camera.play.client.get(path + "?l=hi").text


def test_a_photo_of_a_meter_has_its_link_beside_the_question(camera: Camera) -> None:
    camera.play.text(ASHA, "READ 9000")
    if "1 Yes" in camera.play.deliver()[-1][1]:
        camera.play.text(ASHA, "1")
        camera.play.deliver()
    camera.send()
    camera.said()
    camera.play.text(IN_CHARGE, "CHECK 120457")
    arrived = {message.kind: message.words for message in camera.play.arrivals()}
    assert "Send 1 if that is right" in arrived["reply"]
    assert arrived["link"].startswith("Photo of the meter of 120457: ")
    assert "Meter of 120457" in camera.play.client.get(link_in(arrived["link"])).text


def test_the_same_text_twice_is_one_link(camera: Camera, request_: str) -> None:
    for _ in range(2):
        camera.play.text(RAMESH, f"HIST {request_}", id_="same")
    assert [message.kind for message in camera.play.arrivals()] == ["link", "reply"]


def test_without_leave_to_link_whatsapp_is_named(camera: Camera, request_: str) -> None:
    closed = Play(replace(camera.play.settings, photo_links=False))
    closed.deliver()
    closed.text(RAMESH, f"HIST {request_}", id_="another")
    [(_, words)] = closed.deliver()
    closed.close()
    assert words.endswith("Photos: 2. HIST on WhatsApp shows them.")


def test_on_whatsapp_they_are_here(camera: Camera, request_: str) -> None:
    camera.play.write(RAMESH, f"HIST {request_}")
    [message] = camera.play.arrivals()
    assert message.words.endswith("Photos: 2.")
    assert message.picture is not None


def test_staff_of_another_plant_get_none(camera: Camera, request_: str) -> None:
    camera.play.text(PALASI, f"HIST {request_}")
    assert [message.kind for message in camera.play.arrivals()] == ["reply"]
    camera.play.text(ASHA, f"HIST {request_}")
    assert [message.kind for message in camera.play.arrivals()] == ["reply"]


def test_what_is_no_longer_kept(camera: Camera, request_: str) -> None:
    camera.play.text(RAMESH, f"HIST {request_}")
    path = link_in(camera.play.arrivals()[0].words)
    camera.play.services.database.reader.rows(
        "UPDATE photo SET received_at = now() - interval '91 days' RETURNING 1", {}
    )
    photos.forget()
    assert camera.play.client.get(path).status_code == 404
    camera.play.text(RAMESH, f"HIST {request_}")
    [(_, words)] = camera.play.deliver()
    assert words.endswith("Photos: 2, not kept any more.")


def test_an_address_says_what_it_is_for_and_nobody_can_make_one_up(settings: Settings) -> None:
    for subject in photo_pages.SUBJECTS:
        for language in LANGUAGES:
            page = Page(subject, 1_000_006, language, today() + photo_pages.LIFE)
            token = photo_pages.token(settings, page)
            assert re.fullmatch(r"[A-Za-z0-9_-]{24}", token)
            assert photo_pages.opened(settings, token, today()) == page
            assert photo_pages.opened(settings, token, page.last) == page
            assert photo_pages.opened(settings, token, page.last + timedelta(days=1)) is None
            other = replace(settings, secret_key="another secret" * 3)
            assert photo_pages.opened(other, token, today()) is None
            for place in range(24):
                changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
                assert photo_pages.opened(settings, changed, today()) is None
            for wrong in (token[:-1], token + "A", "", "=", "फ़ोटो"):
                assert photo_pages.opened(settings, wrong, today()) is None


@pytest.mark.parametrize("path", ["", "/1.jpg", "/small/1.jpg", "/small/x.jpg", "/../../healthz"])
def test_a_wrong_address_leads_nowhere(camera: Camera, request_: str, path: str) -> None:
    assert request_
    assert camera.play.client.get("/f/" + "A" * 24 + path).status_code == 404


def test_a_photo_of_another_request_is_not_on_this_page(camera: Camera, request_: str) -> None:
    camera.play.text(RAMESH, f"HIST {request_}")
    path = link_in(camera.play.arrivals()[0].words)
    camera.play.services.database.reader.rows(
        "UPDATE photo SET request_id = NULL WHERE id = 1 RETURNING 1", {}
    )
    assert camera.play.client.get(f"{path}/2.jpg").status_code == 200
    assert camera.play.client.get(f"{path}/1.jpg").status_code == 404
