"""The page of photos that staff open from an SMS: small pictures, each a link to the whole one.

Whoever has the address may look, for a week; it is signed, and names nobody. No script.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog
from flask import Blueprint, Response, render_template_string

from channels.photos import StoreAway, small, store_of
from channels.web.pages import gone, language_or, languages, private, template
from core import photo_pages
from core.clock import today
from core.db import Reader
from core.photo_pages import Page, Shown
from core.settings import Settings
from core.settings.media import Media
from core.text import render, say

log = structlog.get_logger()

GONE = say("photo.gone")

_PAGE = template(
    title="{{ service }}",
    style="img{max-width:100%;display:block}",
    body="""<h1>{{ service }}<br>{{ head }}</h1>
{% for one in photos %}<p>{{ one.when }}<br>
<a href="{{ token }}/{{ one.id }}.jpg"><img src="{{ token }}/small/{{ one.id }}.jpg" alt="{{ one.when }}"></a>
{% endfor %}
<p>{{ until }}""",
)


def photo_routes(settings: Settings, reader: Reader) -> Blueprint:
    """GET /f/<token> and its photos; 404 where it leads nowhere. Without a place for photos there is none."""
    routes = Blueprint("photos", __name__)
    media = settings.media
    if media is None:
        return routes

    def found(token: str) -> tuple[Page, list[Shown]] | None:
        page = photo_pages.opened(settings, token, today())
        photos = [] if page is None else photo_pages.shown(reader, page)
        return (page, photos) if page is not None and photos else None

    @routes.get("/f/<token>")
    def page(token: str) -> Response:
        seen = found(token)
        return _closed(gone(GONE) if seen is None else Response(_page(settings, token, *seen)))

    def photo(token: str, id_: int, drawn: Callable[[bytes], bytes]) -> Response:
        seen = found(token)
        key = next((one.key for one in seen[1] if one.id == id_), None) if seen else None
        raw = None if key is None else _stored(media, key)
        return _closed(gone(GONE) if raw is None else Response(drawn(raw), mimetype="image/jpeg"))

    @routes.get("/f/<token>/<int:id_>.jpg")
    def whole(token: str, id_: int) -> Response:
        return photo(token, id_, bytes)

    @routes.get("/f/<token>/small/<int:id_>.jpg")
    def little(token: str, id_: int) -> Response:
        return photo(token, id_, small)

    return routes


def _stored(media: Media, key: str) -> bytes | None:
    try:
        return store_of(media).get(key)
    except StoreAway as error:
        log.warning("photos not shown", why=str(error))
        return None


def _page(settings: Settings, token: str, page: Page, photos: Sequence[Shown]) -> str:
    language = language_or(page.language)
    return render_template_string(
        _PAGE,
        service=settings.service_name,
        head=render(say(f"photo.head_{page.subject}", number=photos[0].number), language),
        photos=[{"id": one.id, "when": render(say("nav.lines", lines=one.at), language)} for one in photos],
        until=render(say("photo.until", day=page.last), language),
        token=token,
        lang=language,
        languages=languages(),
    )


def _closed(answer: Response) -> Response:
    """Not for other pages, nor for long, nor for search engines."""
    answer.headers["X-Robots-Tag"] = "noindex"
    return private(answer)
