"""Photos that people send on WhatsApp: fetched from Twilio only, drawn anew, kept, shown, and forgotten."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from PIL import Image
from twilio.request_validator import RequestValidator

from channels.photos import NoPicture, PhotoStore, StoreAway, cleaned, store_of
from channels.whatsapp import media as fetching
from channels.whatsapp.media import Away, Gone, TooBig, WrongPlace, fetch
from core import picture
from core.picture import Picture
from core.settings import Twilio
from core.settings.media import Bucket, Media
from jobs import photos
from tests.channels.whatsapp.edge import Edge, Served
from tests.play import Play

PAYLOADS = Path(__file__).parents[2] / "payloads" / "twilio"
ASHA, RAMESH, IN_CHARGE = "+919800000001", "+919800000002", "+919800000003"
ACCOUNT = "AC000000000000000000000000000000bb"
API = "https://api.twilio.com"
MESSAGE, MEDIA = "MM0000000000000000000000000000003a", "ME000000000000000000000000000000cc"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{MESSAGE}/Media/{MEDIA}"
SECOND = PATH.replace("ME0", "ME1")
CDN = "/ACx/photo.jpg"
MOST = 10 * 1024 * 1024
HTML = b"<!doctype html><html><script>alert(1)</script></html>"


def photo(format_: str = "JPEG", size: tuple[int, int] = (1200, 900), place: bool = False) -> bytes:
    out, exif = io.BytesIO(), Image.Exif()
    if place:
        exif[0x0112] = 6  # to be turned
        exif.get_ifd(0x8825)[1] = "N"
        exif[0x010F] = "A camera"
    Image.effect_noise(size, 40).convert("RGB").save(out, format_, exif=exif)
    return out.getvalue()


JPEG = photo()


@pytest.fixture
def edge() -> Iterator[Edge]:
    made = Edge()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def twilio(edge: Edge) -> Twilio:
    return Twilio(ACCOUNT, "0123456789abcdef0123", None, edge.url, "+911800123456")


def redirect(to: str) -> Served:
    return Served(307, headers={"Location": to})


@pytest.mark.parametrize("to", [f"https://mms.twiliocdn.com{CDN}", f"https://media.twiliocdn.com{CDN}"])
def test_a_photo_is_fetched_where_twilio_says_it_is(edge: Edge, twilio: Twilio, to: str) -> None:
    edge.answers = {PATH: redirect(to), CDN: Served(200, JPEG)}
    assert fetch(twilio, API + PATH, MOST) == JPEG
    passwords = [("authorization" in headers) for _, _, headers in edge.asked]
    assert passwords == [True, False], "the password is for Twilio's API alone"


def test_a_photo_of_an_account_without_password(edge: Edge, twilio: Twilio) -> None:
    path = "/media.twiliocdn.com/ACx/photo"
    edge.answers = {PATH: redirect(f"https://s3-external-1.amazonaws.com{path}"), path: Served(200, JPEG)}
    assert fetch(twilio, API + PATH, MOST) == JPEG


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example" + PATH,
        "https://api.twilio.com.evil.example" + PATH,
        "https://api.twilio.com@evil.example" + PATH,
        "https://user:pass@api.twilio.com" + PATH,
        "http://api.twilio.com" + PATH,
        "https://api.twilio.com:8443" + PATH,
        "ftp://api.twilio.com" + PATH,
        "file:///etc/passwd",
        "//api.twilio.com" + PATH,
        "https://127.0.0.1" + PATH,
        "https://[::1]" + PATH,
        "https://169.254.169.254/latest/meta-data",
        "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1",
        API + PATH + "/../../../Calls.json",
        f"{API}/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
        "https://mms.twiliocdn.com" + CDN,
        "https://[",
        "",
    ],
)
def test_another_address_is_never_asked(edge: Edge, twilio: Twilio, url: str) -> None:
    with pytest.raises(WrongPlace):
        fetch(twilio, url, MOST)
    assert edge.asked == []


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/photo.jpg",
        "http://mms.twiliocdn.com/photo.jpg",
        "http://127.0.0.1:6379/",
        "https://10.0.0.8/photo.jpg",
        "https://s3-external-1.amazonaws.com/another-bucket/photo.jpg",
        "https://s3-external-1.amazonaws.com/media.twiliocdn.com/../another/photo.jpg",
        f"{API}/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
        "/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1",
        "",
    ],
)
def test_a_redirect_to_another_place_is_not_followed(edge: Edge, twilio: Twilio, to: str) -> None:
    edge.answers = {PATH: redirect(to)}
    with pytest.raises(WrongPlace):
        fetch(twilio, API + PATH, MOST)
    assert {path for _, path, _ in edge.asked} == {PATH}


def test_redirects_come_to_an_end(edge: Edge, twilio: Twilio) -> None:
    edge.answers = {PATH: redirect(API + PATH)}
    with pytest.raises(WrongPlace):
        fetch(twilio, API + PATH, MOST)
    assert len(edge.asked) == fetching.MOST_HOPS + 1


def test_a_host_within_our_own_network_is_none_of_twilios(
    twilio: Twilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("10.0.0.8", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(WrongPlace):
        fetch(replace(twilio, base_url=None), API + PATH, MOST)


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize(("more", "fits"), [(0, True), (1, False), (MOST, False)])
def test_ten_megabytes_and_no_byte_more(
    edge: Edge, twilio: Twilio, length: bool, more: int, fits: bool
) -> None:
    edge.answers = {PATH: Served(200, bytes(MOST + more), length=length)}
    if fits:
        assert len(fetch(twilio, API + PATH, MOST)) == MOST
    else:
        with pytest.raises(TooBig):
            fetch(twilio, API + PATH, MOST)


@pytest.mark.parametrize(
    ("status", "wrong"), [(401, Gone), (404, Gone), (410, Gone), (429, Away), (500, Away), (503, Away)]
)
def test_what_twilio_says_instead(edge: Edge, twilio: Twilio, status: int, wrong: type[Exception]) -> None:
    edge.answers = {PATH: Served(status)}
    with pytest.raises(wrong):
        fetch(twilio, API + PATH, MOST)


def test_nobody_there(twilio: Twilio) -> None:
    with pytest.raises(Away):
        fetch(replace(twilio, base_url="http://127.0.0.1:9"), API + PATH, MOST)


def test_a_photo_that_drips_is_given_up(edge: Edge, twilio: Twilio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "SECONDS", -1.0)
    edge.answers = {PATH: Served(200, JPEG)}
    with pytest.raises(Away):
        fetch(twilio, API + PATH, MOST)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_photos_are_drawn_anew(format_: str) -> None:
    with Image.open(io.BytesIO(cleaned(photo(format_, (3000, 1500), place=True)))) as drawn:
        assert drawn.format == "JPEG"
        assert drawn.size == (800, 1600), "it stands upright, and is no larger than need be"
        assert not drawn.getexif(), "no place, no camera"


def _bomb() -> bytes:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    "raw",
    [
        HTML,
        b"",
        b"\xff\xd8\xff\xe0" + HTML,
        JPEG[: len(JPEG) // 2],
        b"%PDF-1.7\n" + HTML,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        photo("GIF"),
        photo("TIFF"),
        photo("PNG")[:40],
        _bomb(),
    ],
    ids=["html", "nothing", "html with a JPEG's first bytes", "half a JPEG", "PDF", "SVG", "GIF", "TIFF",
         "a PNG's head", "a bomb"],
)  # fmt: skip
def test_what_only_says_it_is_a_photo_is_none(raw: bytes) -> None:
    with pytest.raises(NoPicture):
        cleaned(raw)


@pytest.fixture(params=["folder", "bucket"])
def kept(request: pytest.FixtureRequest, tmp_path: Path, edge: Edge) -> Media:
    place: Path | Bucket = tmp_path / "photos"
    if request.param == "bucket":
        place = Bucket("photos", "bijli", edge.url, "ap-south-1", "AKID", "a-secret-of-the-store")
    return Media(place, MOST, 90)


def test_a_store_keeps_and_forgets(kept: Media, edge: Edge) -> None:
    store = PhotoStore(kept)
    store.put("2026/11/a.jpg", JPEG)
    assert store.get("2026/11/a.jpg") == JPEG
    store.delete("2026/11/a.jpg")
    store.delete("2026/11/a.jpg")
    assert store.get("2026/11/a.jpg") is None
    if isinstance(kept.place, Bucket):
        paths = {path for _, path, _ in edge.asked}
        assert paths == {"/photos/bijli/2026/11/a.jpg", "/photos?delete"}


def test_a_store_that_is_away(edge: Edge) -> None:
    edge.broken = True
    bucket = Bucket("photos", "", edge.url, "ap-south-1", "AKID", "a-secret-of-the-store")
    with pytest.raises(StoreAway):
        PhotoStore(Media(bucket, MOST, 90)).put("a.jpg", JPEG)


@dataclass
class Camera:
    """The small world, in which people send photos."""

    play: Play
    edge: Edge

    def send(self, name: str = "photo", phone: str = ASHA, id_: str = "MM1", place: str = PATH) -> None:
        """Post a recorded webhook, from this phone."""
        raw = (PAYLOADS / f"whatsapp_{name}.txt").read_text("utf-8").strip()
        form = dict(parse_qsl(raw, keep_blank_values=True))
        form |= {"MessageSid": id_, "From": f"whatsapp:{phone}", "MediaUrl0": API + place}
        settings = self.play.settings
        assert settings.twilio is not None
        url = f"{settings.public_url}/whatsapp/twilio"
        signed = RequestValidator(settings.twilio.auth_token).compute_signature(url, form)
        answer = self.play.client.post("/whatsapp/twilio", data=form, headers={"X-Twilio-Signature": signed})
        assert answer.status_code == 200

    def said(self, phone: str = ASHA) -> list[str]:
        """Fetch what waits; what then arrives at a phone."""
        photos.take()
        return [words for to, words in self.play.deliver() if to == phone]

    @property
    def row(self) -> tuple[object, ...]:
        rows = self.play.services.database.reader.rows(
            "SELECT state, reason, request_id IS NOT NULL, self_reading_id IS NOT NULL, caption FROM photo"
            " ORDER BY id",
            {},
        )
        return rows[-1]

    def request(self) -> str:
        self.play.text(ASHA, "FAULT")
        self.play.text(ASHA, "2")
        self.play.text(ASHA, "000")
        self.play.deliver()
        return str(self.play.scalar("SELECT max(number) FROM request WHERE kind = 'fault'"))


@pytest.fixture
def camera(
    play: Play, edge: Edge, twilio: Twilio, kept: Media, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Camera]:
    made = Play(replace(play.settings, twilio=twilio, media=kept))
    monkeypatch.setattr(photos, "services", lambda: made.services)
    edge.answers = {PATH: redirect(f"https://mms.twiliocdn.com{CDN}"), CDN: Served(200, JPEG)}
    made.text(ASHA, "LANGUAGE ENGLISH")
    made.deliver()
    yield Camera(made, edge)
    store_of.cache_clear()
    made.close()


def test_a_photo_goes_with_the_open_fault_and_is_shown_to_staff(camera: Camera) -> None:
    number = camera.request()
    camera.send("photo_captioned")
    assert camera.edge.asked == [], "the webhook only stores the fact"
    assert camera.play.deliver() == []
    [words] = camera.said()
    assert words == f"Your photo has arrived and is with request {number}. Thank you."
    assert camera.row == ("kept", None, True, False, "Meter jal gaya")
    camera.play.write(RAMESH, f"HIST {number}")
    [message] = camera.play.arrivals()
    assert "Meter jal gaya" in message.words
    assert "Photos: 1." in message.words
    assert message.picture == Picture("request", int(number))
    shown = camera.play.client.get(picture.path(camera.play.settings, message.picture, "en"))
    assert shown.mimetype == "image/jpeg"
    assert Image.open(io.BytesIO(shown.data)).size == (1200, 900)


def test_several_photos_are_answered_once_and_shown_as_one(camera: Camera) -> None:
    number = camera.request()
    camera.edge.answers[SECOND] = Served(200, photo("PNG", (600, 900)))
    camera.send(id_="MM1")
    camera.send("photo_png", id_="MM2", place=SECOND)
    camera.send("photo_png", id_="MM2", place=SECOND)
    assert len(camera.said()) == 1
    assert camera.play.scalar("SELECT count(*) FROM photo WHERE state = 'kept'") == 2
    shown = camera.play.client.get(picture.path(camera.play.settings, Picture("request", int(number)), "en"))
    assert Image.open(io.BytesIO(shown.data)).size == (800, 600 + 1200 + 12)


def test_a_photo_before_the_fault_goes_along(camera: Camera) -> None:
    camera.send()
    [words] = camera.said()
    assert "Send FAULT" in words
    assert camera.row == ("kept", None, False, False, "")
    number = camera.request()
    assert camera.row == ("kept", None, True, False, "")
    assert camera.play.scalar("SELECT count(*) FROM request_event WHERE step = 'photo'") == 1
    assert number


def test_an_open_question_stays_open(camera: Camera) -> None:
    camera.play.write(ASHA, "FAULT")
    camera.play.deliver()
    camera.send()
    [(_, words)] = camera.play.deliver()
    assert words.startswith("Thank you for the photo.\n\nWhat is wrong?")
    camera.play.write(ASHA, "2")
    [(_, words)] = camera.play.deliver()
    assert words.startswith("Tell us more")


def test_a_photo_in_the_middle_of_a_fault_goes_with_it_and_is_answered_once(camera: Camera) -> None:
    """Not with the older fault that is open as well, and without a second word about it."""
    older = camera.request()
    camera.play.write(ASHA, "FAULT")
    camera.play.deliver()
    camera.send("photo_captioned")
    [(_, words)] = camera.play.deliver()
    assert words.startswith("Thank you for the photo.\n\nWhat is wrong?")
    assert camera.said() == []
    assert camera.row[:3] == ("kept", None, False)
    for given in ("4", "it hums"):
        camera.play.write(ASHA, given)
    [_, (_, words)] = camera.play.deliver()
    newer = str(camera.play.scalar("SELECT max(number) FROM request WHERE kind = 'fault'"))
    assert newer > older
    assert newer in words
    assert camera.said() == []
    assert _photographed(camera) == [newer]


def test_a_photo_that_comes_later_than_the_fault_that_it_was_sent_with(camera: Camera) -> None:
    """The fault is told before the photo is fetched: it is joined all the same, and noted once."""
    camera.request()
    camera.play.write(ASHA, "FAULT")
    camera.send()
    for given in ("4", "it hums"):
        camera.play.write(ASHA, given)
    camera.play.deliver()
    newer = str(camera.play.scalar("SELECT max(number) FROM request WHERE kind = 'fault'"))
    assert _photographed(camera) == []
    assert camera.said() == []
    assert _photographed(camera) == [newer]
    assert camera.play.scalar("SELECT count(*) FROM request_event WHERE step = 'photo'") == 1


def test_a_photo_with_a_fault_that_is_open_already(camera: Camera) -> None:
    older = camera.request()
    camera.play.write(ASHA, "FAULT")
    camera.send()
    camera.play.write(ASHA, "2")
    camera.said()
    camera.play.write(ASHA, "000")
    [(_, words)] = camera.play.deliver()
    assert older in words
    assert _photographed(camera) == [older]


def test_a_fault_begun_right_after_the_photo(camera: Camera) -> None:
    """Nobody has thanked for it yet: the job does, and asks nothing, as the fault is being told."""
    camera.send()
    camera.play.write(ASHA, "FAULT 4")
    camera.play.deliver()
    assert camera.said() == ["Thank you for the photo."]
    camera.play.write(ASHA, "it hums")
    camera.play.deliver()
    assert len(_photographed(camera)) == 1


def _photographed(camera: Camera) -> list[str]:
    """The requests that have a photo."""
    rows = camera.play.services.database.reader.rows(
        "SELECT number FROM request JOIN photo ON photo.request_id = request.id WHERE photo.key IS NOT NULL",
        {},
    )
    return [str(number) for (number,) in rows]


@pytest.mark.parametrize(
    ("served", "reason", "words"),
    [
        (Served(200, HTML, {"Content-Type": "image/jpeg"}), "no_picture", "can't be opened as a photo"),
        (Served(200, bytes(MOST + 1)), "too_big", "larger than 10 MB"),
        (Served(200, bytes(MOST + 1), length=False), "too_big", "larger than 10 MB"),
        (redirect("https://evil.example/x.jpg"), "wrong_place", "can't be fetched"),
        (Served(404), "away", "could not be fetched"),
    ],
    ids=["an HTML page", "too big", "too big in chunks", "a wrong host", "gone"],
)
def test_what_is_refused_is_said_kindly(camera: Camera, served: Served, reason: str, words: str) -> None:
    camera.edge.answers[CDN] = served
    camera.send()
    [said] = camera.said()
    assert words in said
    assert camera.row[:2] == ("refused", reason)


def test_a_wrong_host_in_the_webhook_is_never_asked(camera: Camera) -> None:
    camera.send(place="@evil.example/x.jpg")
    [said] = camera.said()
    assert "can't be fetched" in said
    assert camera.edge.asked == []


def test_twilio_is_away_for_a_while(camera: Camera) -> None:
    camera.edge.answers[CDN] = Served(503)
    camera.send()
    assert camera.said() == []
    assert camera.row[:2] == ("waiting", None)
    camera.edge.answers[CDN] = Served(200, JPEG)
    camera.play.services.database.reader.rows("UPDATE photo SET next_at = now() RETURNING 1", {})
    assert len(camera.said()) == 1
    assert camera.row[0] == "kept"


def test_after_an_hour_the_sender_is_asked_once_more(camera: Camera) -> None:
    camera.edge.answers[CDN] = Served(503)
    camera.send()
    camera.play.services.database.reader.rows(
        "UPDATE photo SET received_at = now() - interval '61 minutes' RETURNING 1", {}
    )
    [said] = camera.said()
    assert "once more" in said


def test_a_photo_of_the_meter_goes_with_its_reading(camera: Camera) -> None:
    line = camera.play.scalar("SELECT id FROM connection WHERE number = '120457'")
    camera.play.services.database.reader.rows(
        "INSERT INTO self_reading (connection_id, taken_on, wh, before_wh, turned_wh, noted_at)"
        " VALUES (%(line)s, current_date, 1000, 0, 0, now()) RETURNING id",
        {"line": line},
    )
    camera.send()
    [said] = camera.said()
    assert said == "Your photo of the meter of 120457 has arrived. Thank you."
    assert camera.row[:4] == ("kept", None, False, True)
    own = int(str(camera.play.scalar("SELECT id FROM self_reading")))
    shown = camera.play.client.get(picture.path(camera.play.settings, Picture("meter", own), "en"))
    assert shown.mimetype == "image/jpeg"


def test_photos_are_deleted_in_time(camera: Camera) -> None:
    number = camera.request()
    camera.send()
    camera.said()
    photos.forget()
    assert camera.play.scalar("SELECT count(*) FROM photo") == 1
    camera.play.services.database.reader.rows(
        "UPDATE photo SET received_at = now() - interval '91 days' RETURNING 1", {}
    )
    photos.forget()
    assert camera.play.scalar("SELECT count(*) FROM photo") == 0
    gone = camera.play.client.get(picture.path(camera.play.settings, Picture("request", int(number)), "en"))
    assert gone.status_code == 404
    assert camera.edge.objects == {}


def test_without_a_place_for_photos_none_are_taken(play: Play) -> None:
    closed = Camera(play, Edge())
    play.text(ASHA, "LANGUAGE ENGLISH")
    play.deliver()
    closed.send()
    [(_, said)] = play.deliver()
    assert said.startswith("Thank you. We can only read written words here.")
    assert play.scalar("SELECT count(*) FROM photo") == 0


@pytest.mark.parametrize("name", ["sticker", "voice"])
def test_a_sticker_or_a_voice_note_is_no_photo(camera: Camera, name: str) -> None:
    camera.send(name)
    [(_, said)] = camera.play.deliver()
    assert "written words" in said
    assert camera.play.scalar("SELECT count(*) FROM photo") == 0
