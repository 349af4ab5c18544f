"""Twilio's edge with photos, the stores that keep them, and a camera."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from channels.photos import store_of
from core.settings import Twilio
from core.settings.media import Bucket, Media
from jobs import photos
from tests.channels.whatsapp.camera import (
    ACCOUNT,
    ASHA,
    CDN,
    JPEG,
    MOST,
    PATH,
    Camera,
    redirect,
)
from tests.channels.whatsapp.edge import Edge, Served
from tests.play import Play


@pytest.fixture
def edge() -> Iterator[Edge]:
    made = Edge()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def twilio(edge: Edge) -> Twilio:
    return Twilio(ACCOUNT, "0123456789abcdef0123", None, edge.url, "+911800123456")


@pytest.fixture(params=["folder", "bucket"])
def kept(request: pytest.FixtureRequest, tmp_path: Path, edge: Edge) -> Media:
    place: Path | Bucket = tmp_path / "photos"
    if request.param == "bucket":
        place = Bucket("photos", "bijli", edge.url, "ap-south-1", "AKID", "a-secret-of-the-store")
    return Media(place, MOST, 90)


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
