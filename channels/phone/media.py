"""A stand-in for Twilio's media hosts, for photos that the phones on the screen send; only in the demo.

A photo is kept in Redis for as long as Twilio's addresses work. Who fetches it asks as at Twilio: the API
with the account's password, which leads on to the content host.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

import redis
from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as Answer

from channels.guard import same_secret
from channels.phone.contracts import Photo
from channels.phone.errors import NotAsked
from channels.phone.sample import DIGITS, draw_meter
from channels.services import Services
from core.settings import Twilio

STAND_IN = "/phone/twilio"
"""Below this the paths are those of api.twilio.com and mms.twiliocdn.com."""
CONTENT_HOST = "https://mms.twiliocdn.com"
LIFE = timedelta(hours=4)
MOST_BYTES = 16 * 1024 * 1024
"""What WhatsApp lets through; that we take less can be seen here, too."""
_KEY = "bl:phone:media:"


def seen_at(url: str) -> str:
    """Where the page shows a photo that was sent, by its address at Twilio."""
    return f"/phone/photo/{url.rsplit('/', 1)[-1]}"


def known(client: redis.Redis, id_: str) -> Photo:
    """A photo that was uploaded; NotAsked when there is none."""
    kind = client.hget(_KEY + id_, "type")
    if not isinstance(kind, bytes):
        raise NotAsked("this photo is gone: send it again")
    return Photo(id_, kind.decode())


def add_media(routes: Blueprint, services: Services) -> None:
    """Upload, the sample, and the two hosts' paths; without a Twilio account only the sample."""
    _add_upload(routes, services)
    if services.settings.twilio is not None:
        _add_hosts(routes, services, services.settings.twilio)


def _add_upload(routes: Blueprint, services: Services) -> None:
    @routes.post("/phone/media")
    def upload() -> Response:
        request.max_content_length = MOST_BYTES
        # No other site's form can send this type unasked.
        if not request.mimetype.startswith("image/"):
            raise NotAsked("a photo is wanted")
        id_ = f"ME{secrets.token_hex(16)}"
        services.redis.hset(_KEY + id_, mapping={"type": request.mimetype, "bytes": request.get_data()})
        services.redis.expire(_KEY + id_, LIFE)
        return _fresh(
            Response(f'{{"id": "{id_}", "address": "{seen_at(id_)}"}}', mimetype="application/json")
        )

    @routes.get("/phone/sample.jpg")
    def sample() -> Response:
        shows = request.args.get("shows", "")
        if not (shows.isascii() and shows.isdigit() and len(shows) <= DIGITS):
            raise NotAsked(f"a meter shows 1 to {DIGITS} digits")
        return _fresh(Response(draw_meter(shows), mimetype="image/jpeg"))

    @routes.get("/phone/photo/<id_>")
    def own(id_: str) -> Response:
        """What somebody sent, in their own chat."""
        return _photo(services.redis, id_)


def _add_hosts(routes: Blueprint, services: Services, account: Twilio) -> None:
    sid = account.account_sid

    @routes.get(f"{STAND_IN}/2010-04-01/Accounts/{sid}/Messages/<_message>/Media/<id_>")
    def api(_message: str, id_: str) -> Answer:
        given = request.authorization
        password = (given.password if given else None) or ""
        if given is None or given.username != sid or not same_secret(password, account.auth_token):
            return Response("Authenticate\n", 401, mimetype="text/plain")
        return redirect(f"{CONTENT_HOST}/{sid}/{id_}", 307)

    @routes.get(f"{STAND_IN}/{sid}/<id_>")
    def content(id_: str) -> Response:
        return _photo(services.redis, id_)


def _photo(client: redis.Redis, id_: str) -> Response:
    kind, raw = client.hmget(_KEY + id_, ["type", "bytes"])
    if not isinstance(kind, bytes) or raw is None:
        return Response("gone\n", 404, mimetype="text/plain")
    answer = Response(raw, mimetype=kind.decode())
    # It is whatever somebody uploaded: nothing in it may run.
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return _fresh(answer)


def _fresh(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer
