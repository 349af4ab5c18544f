"""Photos that people send on WhatsApp: joined to what they show, answered kindly, shown, and forgotten."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from sqlalchemy import text

from channels.waiting import handle_waiting
from core import picture
from core.picture import Picture
from jobs import photos
from tests.channels.whatsapp.camera import (
    ASHA,
    CDN,
    HTML,
    JPEG,
    MOST,
    RAMESH,
    SECOND,
    Camera,
    photo,
    redirect,
)
from tests.channels.whatsapp.edge import Edge, Served
from tests.play import Play


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


def test_a_photo_whose_webhook_was_killed_is_still_a_photo(camera: Camera) -> None:
    """The sweep that goes on with its message knows of it: nobody hears that only words are understood."""
    camera.send()
    with camera.play.services.database.begin() as session:
        late = "handled_at = NULL, received_at = now() - interval '1 minute'"
        session.execute(text(f"UPDATE inbound SET {late} WHERE channel = 'whatsapp'"))
        session.execute(text("DELETE FROM outbox"))
    assert handle_waiting(camera.play.services) == 1
    assert camera.play.scalar("SELECT count(*) FROM inbound WHERE handled_at IS NULL") == 0
    assert camera.play.deliver() == []
    assert len(camera.said()) == 1


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
