"""A photo from the phone on the screen: the real webhook, the real fetcher, a stand-in for its host."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis
from PIL import Image
from werkzeug.serving import make_server

from channels.app import create_app
from channels.phone.media import LIFE, MOST_BYTES, STAND_IN
from channels.photos import store_of
from core.picture import Picture
from core.settings.media import Media
from jobs import photos
from tests.conftest import Servers, demo_settings, fresh_database
from tests.play import Play

ASHA, RAMESH = "+919800000001", "+919800000002"
MOST = 10 * 1024 * 1024
MESSAGE = "MM0000000000000000000000000000003a"


@pytest.fixture
def play(
    servers: Servers,
    world_template: str,
    redis_client: redis.Redis,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Play]:
    """The demo, reached over HTTP by the job that fetches photos, as its worker reaches its web server."""
    with fresh_database(servers, world_template) as url:
        settings = replace(demo_settings(servers, url), media=Media(tmp_path / "media", MOST, 90))
        host = make_server("127.0.0.1", 0, create_app(settings), threaded=True)
        thread = threading.Thread(target=host.serve_forever, args=(0.01,))
        thread.start()
        stand_in = f"http://127.0.0.1:{host.server_port}{STAND_IN}"
        made = Play(replace(settings, simulated_media_url=stand_in))
        monkeypatch.setattr(photos, "services", lambda: made.services)
        made.text(ASHA, "LANGUAGE ENGLISH")
        made.deliver()
        yield made
        store_of.cache_clear()
        made.close()
        host.shutdown()
        thread.join()
        host.server_close()


def upload(play: Play, raw: bytes, kind: str = "image/jpeg") -> Any:
    answer = play.client.post("/phone/media", data=raw, content_type=kind)
    assert answer.status_code == 200, answer.text
    return answer.json


def sample(play: Play, shows: str = "1234") -> bytes:
    return bytes(play.client.get(f"/phone/sample.jpg?shows={shows}").data)


def send(play: Play, raw: bytes, words: str = "", *, twice: bool = False, kind: str = "image/jpeg") -> Any:
    kept = upload(play, raw, kind)
    what = {"phone": ASHA, "id": MESSAGE, "text": words, "photo": kept["id"], "twice": twice}
    answer = play.client.post("/phone/whatsapp", json=what)
    assert answer.json is not None
    assert answer.json["good"] is True
    return kept


def said(play: Play) -> list[str]:
    photos.take()
    return [words for to, words in play.deliver() if to == ASHA]


def fault(play: Play) -> str:
    for words in ("FAULT", "2", "000"):
        play.text(ASHA, words)
    play.deliver()
    return str(play.scalar("SELECT max(number) FROM request WHERE kind = 'fault'"))


def test_the_sample_is_a_small_picture_of_a_meter(play: Play) -> None:
    with Image.open(io.BytesIO(sample(play))) as drawn:
        assert (drawn.format, drawn.size) == ("JPEG", (800, 600))
    assert len(sample(play)) < 60_000
    assert sample(play, "4321") != sample(play)
    for wrong in ("", "1234567", "12a", "१२"):
        assert play.client.get("/phone/sample.jpg", query_string={"shows": wrong}).status_code == 400


def test_a_photo_goes_the_real_road_and_staff_see_it(play: Play) -> None:
    number = fault(play)
    send(play, sample(play), "The meter hums", twice=True)
    url = f"https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/{MESSAGE}/Media/ME"
    assert str(play.scalar("SELECT url FROM photo")).startswith(url)
    assert said(play) == [f"Your photo has arrived and is with request {number}. Thank you."]
    assert play.scalar("SELECT count(*) FROM photo WHERE state = 'kept'") == 1
    play.write(RAMESH, f"HIST {number}")
    [message] = play.arrivals()
    assert message.picture == Picture("request", int(number))
    assert "The meter hums" in message.words


def test_who_sent_it_sees_it_in_the_chat(play: Play) -> None:
    kept = send(play, sample(play), "My meter")
    news: Any = play.client.get("/phone/news", query_string={"phone": ASHA}).json
    letter = news["letters"][-1]
    assert (letter["text"], letter["picture"], letter["mine"]) == ("My meter", kept["address"], True)
    seen = play.client.get(kept["address"])
    assert (seen.mimetype, seen.data) == ("image/jpeg", sample(play))
    assert seen.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert seen.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"<!doctype html><script>alert(1)</script>", "can't be opened as a photo"),
        (bytes(MOST + 1), "larger than 10 MB"),
    ],
    ids=["an HTML page", "too large"],
)
def test_what_is_refused_is_refused_here_as_well(play: Play, raw: bytes, words: str) -> None:
    send(play, raw)
    [answer] = said(play)
    assert words in answer
    assert play.scalar("SELECT state FROM photo") == "refused"


def test_the_stand_in_asks_for_the_password_and_leads_on_as_twilio_does(play: Play) -> None:
    kept = upload(play, sample(play))
    api = f"{STAND_IN}/2010-04-01/Accounts/AC1/Messages/{MESSAGE}/Media/{kept['id']}"
    assert play.settings.twilio is not None
    assert play.client.get(api).status_code == 401
    assert play.client.get(api, auth=("AC1", "a guess")).status_code == 401
    found = play.client.get(api, auth=("AC1", play.settings.twilio.auth_token))
    assert (found.status_code, found.location) == (307, f"https://mms.twiliocdn.com/AC1/{kept['id']}")
    assert play.client.get(f"{STAND_IN}/AC1/{kept['id']}").data == sample(play)
    assert play.client.get(f"{STAND_IN}/AC1/ME0").status_code == 404


def test_photos_are_kept_for_hours_only(play: Play) -> None:
    kept = upload(play, sample(play))
    left = play.services.redis.ttl(f"bl:phone:media:{kept['id']}")
    assert 0 < int(left) <= LIFE.total_seconds()
    send(play, sample(play))
    play.services.redis.flushall()
    [answer] = said(play)
    assert "could not be fetched" in answer


def test_what_no_page_of_ours_uploads(play: Play) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/html"):
        assert play.client.post("/phone/media", data=b"x", content_type=kind).status_code == 400
    too_large = play.client.post("/phone/media", data=bytes(MOST_BYTES + 1), content_type="image/png")
    assert too_large.status_code == 413
    gone = {"phone": ASHA, "id": MESSAGE, "photo": "ME0"}
    assert play.client.post("/phone/whatsapp", json=gone).status_code == 400


def test_elsewhere_twilio_itself_is_asked(play: Play) -> None:
    """Only where the demo's phone is the gateway of WhatsApp does anything stand in for Twilio."""
    for gateways, base in ((("twilio",), None), ((), None), (("phone",), "http://127.0.0.1:1/phone/twilio")):
        settings = replace(
            play.settings, whatsapp_gateways=gateways, simulated_media_url="http://127.0.0.1:1/phone/twilio"
        )
        found = photos.host_of(settings)
        assert found is not None
        assert found.base_url == base
