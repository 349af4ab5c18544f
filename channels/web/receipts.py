"""A receipt in the browser: a page for any phone, its paper and picture, and text for a 58 mm printer.

Whoever has the link may look; the link is signed, and its address names nobody.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable
from hashlib import sha256

import msgspec
from flask import Blueprint, Response, render_template_string, request

from channels.web import paper
from channels.web.pages import gone, language_or, languages, private, template
from core.db import Reader
from core.receipts import Proof, mode_words, opened, proof_of
from core.settings import Settings
from core.text import Name, Text, render, say

COLUMNS = 32
"""Characters of a line on 58 mm paper."""

_PAGE = template(
    title="{{ words.title }} {{ words.receipt }}",
    style="""dl{margin:6px 0}dt{color:#444;font-size:.8em}dd{margin:0 0 4px;overflow-wrap:anywhere}
.no{border:2px solid #b00;color:#b00;padding:4px;font-weight:bold}""",
    body="""<h1>{{ words.service }}<br>{{ words.title }}</h1>
{% if words.cancelled %}<p class="no">{{ words.cancelled }}</p>{% endif %}
<dl>{% for label, value in words.rows %}<dt>{{ label }}</dt><dd>{{ value }}</dd>{% endfor %}</dl>
<p>{{ words.check }}</p>
<p>{{ words.keep }}<br>{{ words.help }}</p>
<p class="l">{% for name in ("pdf", "png", "txt") %}
<a href="{{ token }}.{{ name }}?l={{ lang }}">{{ name|upper }}</a>
{% endfor %}""",
)


def receipt_routes(settings: Settings, reader: Reader) -> Blueprint:
    """GET /r/<token>, and the same with .pdf, .png or .txt; 404 where the link leads nowhere."""
    routes = Blueprint("receipts", __name__)
    makers: dict[str, Callable[[paper.Words, str, str], Response]] = {
        "html": _page,
        "pdf": lambda words, _token, _language: Response(paper.pdf(words), mimetype="application/pdf"),
        "png": lambda words, _token, _language: Response(paper.png(words), mimetype="image/png"),
        "txt": lambda words, _token, _language: _plain(words),
    }

    def serve(token: str, kind: str) -> Response:
        receipt_id = opened(settings, token)
        proof = None if receipt_id is None else proof_of(reader, receipt_id)
        if proof is None:
            return gone(say("page.gone"))
        language = language_or(settings.default_language)
        mark = sha256(msgspec.json.encode((proof, kind, language, token))).hexdigest()[:32]
        if mark in request.if_none_match:
            answer = Response(status=304)
        else:
            link = f"{settings.public_url}/r/{token}?l={language}"
            answer = makers[kind](words_of(proof, settings, language, link), token, language)
        answer.set_etag(mark)
        return private(answer)

    @routes.get("/r/<token>")
    def page(token: str) -> Response:
        # A token has dots of its own; only these endings are ours.
        stem, _, ending = token.rpartition(".")
        return serve(stem, ending) if ending in ("pdf", "png", "txt") else serve(token, "html")

    return routes


def words_of(proof: Proof, settings: Settings, language: str, link: str) -> paper.Words:
    """All words of a receipt in one language, in the order in which they stand."""

    def word(text: Text) -> str:
        return render(text, language)

    values: list[tuple[str, Text | str]] = [
        ("number", proof.number),
        ("amount", say("nav.lines", lines=proof.amount)),
        ("when", say("nav.lines", lines=proof.paid_at)),
        ("connection", proof.connection),
        ("name", say("nav.lines", lines=Name(proof.name, proof.name_local))),
        ("plant", say("nav.lines", lines=Name(proof.plant, proof.plant_local))),
        ("mode", mode_words(proof.mode)),
    ]
    if proof.staff:
        values.append(("staff", say("nav.lines", lines=Name(proof.staff, proof.staff_local))))
    values.append(("code", proof.code))
    return paper.Words(
        service=settings.service_name,
        title=word(say("page.title_deposit" if proof.purpose == "deposit" else "page.title")),
        receipt=proof.number,
        rows=tuple(
            (word(say(f"page.{key}")), value if isinstance(value, str) else word(value))
            for key, value in values
        ),
        cancelled=word(say("page.cancelled")) if proof.cancelled else None,
        check=word(say("page.check", receipt=proof.number, code=proof.code)),
        keep=word(say("page.keep")),
        help=word(say("page.help", helpline=settings.helpline)),
        link=link,
    )


def _page(words: paper.Words, token: str, language: str) -> Response:
    return Response(
        render_template_string(_PAGE, words=words, token=token, lang=language, languages=languages())
    )


def _plain(words: paper.Words) -> Response:
    return Response(printer_text(words), content_type="text/plain; charset=utf-8")


def printer_text(words: paper.Words) -> str:
    """A receipt in 32 columns, as small printers take it."""
    rule = "-" * COLUMNS
    lines = [words.service.center(COLUMNS).rstrip(), words.title.center(COLUMNS).rstrip(), rule]
    if words.cancelled:
        lines += [*_wrap(f"*** {words.cancelled}"), rule]
    for label, value in words.rows:
        gap = COLUMNS - columns(label) - columns(value)
        lines += [label + " " * gap + value] if gap > 0 else [*_wrap(f"{label}:"), *_wrap(f"  {value}")]
    lines += [rule, *_wrap(words.check), *_wrap(words.keep), *_wrap(words.help)]
    return "\n".join(lines) + "\n"


def columns(text: str) -> int:
    """How many places of a printer's line a text takes; marks above and below letters take none."""
    return sum(unicodedata.category(char) not in ("Mn", "Cf") for char in text)


def _wrap(text: str) -> list[str]:
    """Cut at words; marks without a place are counted too, so that no line is ever too wide."""
    return textwrap.wrap(text, COLUMNS, subsequent_indent="  " if text.startswith("  ") else "")
