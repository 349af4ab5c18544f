"""The jobs that fetch what people have sent, and forget it when its time is over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import structlog
from sqlalchemy import Row

from channels.nudge import nudge
from channels.photos import NoPicture, StoreAway, cleaned, store_of
from channels.whatsapp.media import Away, Gone, TooBig, WrongPlace, fetch
from conversations.catalogue import BY_NAME
from core import photos
from core.clock import now
from core.phones import masked
from core.photos import Kept, Reason
from core.settings import Settings, Twilio
from core.settings.media import Media
from jobs.context import services, stopping

log = structlog.get_logger()

BATCH = 3
"""As many can be fetched, however slowly, within a lease."""
FORGOTTEN = 200


def take() -> None:
    """Fetch what waits, keep it, join it to what it shows, and say so."""
    settings, twilio = services().settings, host_of(services().settings)
    if settings.media is None or twilio is None:
        return
    while not stopping.is_set():
        with services().database.begin() as session:
            waiting = photos.claim(session, BATCH)
        for photo in waiting:
            _take(settings, settings.media, twilio, photo)
        if waiting:
            nudge(services().redis, 1)
        if len(waiting) < BATCH:
            return


def host_of(settings: Settings) -> Twilio | None:
    """Where photos come from. The same addresses are checked, also where the demo's phone sent them."""
    if settings.twilio is None or "phone" not in settings.whatsapp_gateways:
        return settings.twilio
    return replace(settings.twilio, base_url=settings.simulated_media_url or settings.twilio.base_url)


def _take(settings: Settings, media: Media, twilio: Twilio, photo: Row[Any]) -> None:
    try:
        kept = _kept(media, twilio, photo.url)
    except (TooBig, NoPicture, WrongPlace, Gone) as error:
        _refuse(settings, media, photo, _reason(error), error)
        return
    except (Away, StoreAway) as error:
        if now() - photo.received_at > photos.PATIENCE:
            _refuse(settings, media, photo, "away", error)
            return
        log.warning("photo waits", photo=photo.id, why=f"{type(error).__name__}: {error}")
        with services().database.begin() as session:
            photos.later(session, photo)
        return
    told = _being_told(photo.phone)
    with services().database.begin() as session:
        settled = not photos.keep(session, settings, photo, kept, told=told)
    if settled:
        store_of(media).delete(kept.key)
    else:
        log.info("photo", photo=photo.id, of=masked(photo.phone), bytes=kept.bytes)


def _being_told(phone: str) -> bool:
    """Whether what a photo may show is being told in the chat that it came in."""
    place = services().places.load("whatsapp", phone).place
    if place is None or place.over:
        return False
    chosen = (answer.value for answer in place.memory.answers if answer.mark >= 0)
    commands = (BY_NAME.get(name) for name in (place.command, *chosen))
    return any(command is not None and command.photos for command in commands)


def _kept(media: Media, twilio: Twilio, url: str) -> Kept:
    """Fetch, draw anew, store."""
    photo = cleaned(fetch(twilio, url, media.most_bytes))
    key = photos.new_key()
    store_of(media).put(key, photo)
    return Kept(key, len(photo))


def _reason(error: Exception) -> Reason:
    match error:
        case TooBig():
            return "too_big"
        case NoPicture():
            return "no_picture"
        case WrongPlace():
            return "wrong_place"
        case _:
            return "away"


def _refuse(settings: Settings, media: Media, photo: Row[Any], reason: Reason, error: Exception) -> None:
    log.warning("photo refused", photo=photo.id, of=masked(photo.phone), why=reason, more=str(error))
    with services().database.begin() as session:
        photos.refuse(session, settings, photo, reason, media.most_bytes)


def forget() -> None:
    """Delete what is kept no longer, from the store first: a row without its photo does no harm.

    No transaction is open while the store is spoken to. Another worker at the same finds nothing left.
    """
    media = services().settings.media
    if media is None:
        return
    gone = 0
    while not stopping.is_set():
        with services().database.begin() as session:
            over = photos.old(session, media.days, FORGOTTEN)
        try:
            for key in (photo.key for photo in over if photo.key is not None):
                store_of(media).delete(key)
        except StoreAway as error:
            log.warning("photos not deleted", why=str(error))
            return
        with services().database.begin() as session:
            photos.forget(session, [photo.id for photo in over])
        gone += len(over)
        if len(over) < FORGOTTEN:
            break
    log.info("photos deleted", photos=gone)
