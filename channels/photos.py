"""Photos in their store, and what becomes of their bytes: a folder or a bucket, by one library."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store
from PIL import Image, ImageOps

from core.settings.media import Bucket, Media

FORMATS = ("JPEG", "PNG", "WEBP")
SIDE = 1600
"""Pixels of the longer side: a meter's figures can be read, and it is some 300 KB."""
MOST_PIXELS = 60_000_000
QUALITY = 80
SMALL = 480
WIDTH, GAP = 800, 12
"""Pixels of photos that are shown one below the other."""


class NoPicture(ValueError):
    """These bytes are no photo, whatever they were called."""


class StoreAway(Exception):
    """The store did not do what it was asked to; it may another time."""


class PhotoStore:
    """A folder, or a bucket of S3 or of what speaks like it."""

    def __init__(self, media: Media) -> None:
        """StoreAway when a folder can't be made."""
        self._store = _folder(media.place) if isinstance(media.place, Path) else _bucket(media.place)

    def put(self, key: str, photo: bytes) -> None:
        """Keep a photo. StoreAway when it could not be."""
        try:
            obstore.put(self._store, key, photo, attributes=self._attributes())
        except (BaseError, OSError) as error:
            raise StoreAway(type(error).__name__) from error

    def get(self, key: str) -> bytes | None:
        """A photo; None when there is none of this name. StoreAway when nobody knows."""
        try:
            return bytes(obstore.get(self._store, key).bytes())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise StoreAway(type(error).__name__) from error

    def delete(self, key: str) -> None:
        """Delete a photo, if it is still there. StoreAway when nobody knows."""
        try:
            obstore.delete(self._store, key)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise StoreAway(type(error).__name__) from error

    def _attributes(self) -> dict[str, str] | None:
        """A folder keeps no content types."""
        return None if isinstance(self._store, LocalStore) else {"Content-Type": "image/jpeg"}


@lru_cache(maxsize=2)
def store_of(media: Media) -> PhotoStore:
    """The store of the settings, made once."""
    return PhotoStore(media)


def _folder(folder: Path) -> LocalStore:
    try:
        return LocalStore(folder, mkdir=True)
    except (BaseError, OSError) as error:
        raise StoreAway(f"no folder {folder}") from error


def _bucket(bucket: Bucket) -> S3Store:
    return S3Store(
        bucket.name,
        prefix=bucket.prefix or None,
        endpoint=bucket.endpoint,
        region=bucket.region,
        access_key_id=bucket.key_id,
        secret_access_key=bucket.secret,
        client_options={
            "timeout": timedelta(seconds=20),
            "connect_timeout": timedelta(seconds=3),
            "allow_http": bool(bucket.endpoint and bucket.endpoint.startswith("http://")),
        },
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=30)},
    )


def cleaned(raw: bytes) -> bytes:
    """A photo drawn anew as JPEG: upright, no larger than need be, without place, time and camera.

    What it is its own bytes say, not its sender. NoPicture for anything else than JPEG, PNG and WebP.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(raw), formats=FORMATS) as found:
                if found.width * found.height > MOST_PIXELS:
                    raise NoPicture("too many pixels")
                found.draft("RGB", (SIDE, SIDE))
                photo = ImageOps.exif_transpose(found).convert("RGB")
    except NoPicture:
        raise
    except (OSError, ValueError, SyntaxError, struct.error, EOFError, MemoryError, Warning) as error:
        raise NoPicture(type(error).__name__) from error
    except Image.DecompressionBombError as error:
        raise NoPicture("too many pixels") from error
    photo.thumbnail((SIDE, SIDE))
    return _jpeg(photo)


def small(photo: bytes) -> bytes:
    """The same in some 30 KB, for a page that is opened over a slow line."""
    with Image.open(io.BytesIO(photo)) as drawn:
        drawn.thumbnail((SMALL, SMALL))
        return _jpeg(drawn)


def below_each_other(photos: Sequence[bytes]) -> bytes:
    """Several photos as one picture, the first on top; one alone stays as it is."""
    if len(photos) == 1:
        return photos[0]
    drawn = [Image.open(io.BytesIO(photo)) for photo in photos]
    sized = [one.resize((WIDTH, max(1, round(one.height * WIDTH / one.width)))) for one in drawn]
    sheet = Image.new("RGB", (WIDTH, sum(one.height for one in sized) + GAP * (len(sized) - 1)), "white")
    top = 0
    for one in sized:
        sheet.paste(one, (0, top))
        top += one.height + GAP
    return _jpeg(sheet)


def _jpeg(photo: Image.Image) -> bytes:
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()
