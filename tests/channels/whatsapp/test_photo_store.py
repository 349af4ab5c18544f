"""Photos are drawn anew, and kept in a folder or a bucket."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from channels.photos import NoPicture, PhotoStore, StoreAway, cleaned
from core.settings.media import Bucket, Media
from tests.channels.whatsapp.camera import (
    HTML,
    JPEG,
    MOST,
    photo,
)
from tests.channels.whatsapp.edge import Edge


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
