"""Where photos that people send are kept, how large they may be, and for how long."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from core.errors import SettingError
from core.settings.env import Env


@dataclass(frozen=True)
class Bucket:
    """A bucket of S3, or of a store that speaks like it (`endpoint`)."""

    name: str
    prefix: str
    endpoint: str | None
    region: str
    key_id: str
    secret: str


@dataclass(frozen=True)
class Media:
    """One place for photos: a folder, or a bucket; `most_bytes` of one, kept for `days`."""

    place: Path | Bucket
    most_bytes: int
    days: int


def read_media(env: Env) -> Media | None:
    """None: photos are not taken."""
    folder, bucket = env.optional("BIJLI_MEDIA_DIR"), env.optional("BIJLI_MEDIA_S3")
    if folder and bucket:
        raise SettingError("BIJLI_MEDIA_DIR and BIJLI_MEDIA_S3 are both set; photos have one place")
    if not folder and not bucket:
        return None
    return Media(
        place=_folder(folder) if folder else _bucket(env, bucket or ""),
        most_bytes=env.number("BIJLI_MEDIA_MB", 10, 1, 64) * 1024 * 1024,
        days=env.number("BIJLI_MEDIA_DAYS", 90, 1, 3650),
    )


def _folder(raw: str) -> Path:
    folder = Path(raw)
    if not folder.is_absolute():
        raise SettingError("BIJLI_MEDIA_DIR must be a folder from the root on, like /var/lib/bijli/media")
    return folder


def _bucket(env: Env, raw: str) -> Bucket:
    match = re.fullmatch(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([A-Za-z0-9/_.-]*))?", raw)
    if match is None:
        raise SettingError(f"BIJLI_MEDIA_S3 must be like s3://bucket/photos, not {raw!r}")
    return Bucket(
        match[1],
        (match[2] or "").strip("/"),
        env.optional_url("BIJLI_MEDIA_S3_ENDPOINT"),
        env.text("AWS_REGION", "us-east-1"),
        env.text("AWS_ACCESS_KEY_ID"),
        env.text("AWS_SECRET_ACCESS_KEY"),
    )
