"""What our pages share: who may keep them, their languages, and a few words where a link leads nowhere."""

from __future__ import annotations

from flask import Response, render_template_string, request

from core.settings import LANGUAGES
from core.text import Text, render, say

KEPT = "private, max-age=300"
"""Five minutes: a receipt that is cancelled must not look good for long."""

NOTHING_FOREIGN = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'none'"
"""What a page of ours may load: its own style and pictures. No script, and no frame around it."""

_PAGE = """<!doctype html>
<html lang="{{ lang }}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<title>TITLE</title>
<style>
body{margin:0 auto;padding:6px;max-width:28em;font:16px/1.4 sans-serif;color:#000;background:#fff}
h1{font-size:1.2em;margin:0}.l a{padding:4px 8px 4px 0;display:inline-block}
STYLE
</style>
BODY
<p class="l">{% for code, name in languages %}
<a href="{{ token }}?l={{ code }}" lang="{{ code }}">{{ name }}</a>
{% endfor %}
</html>
"""

_LINES = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<body style="font:16px/1.4 sans-serif;padding:6px">{% for line in lines %}<p>{{ line }}</p>{% endfor %}
"""


def lines(words: Text, status: int = 200) -> Response:
    """A few words in every language, where nobody knows who looks; kept by nobody."""
    each = [render(words, language) for language in LANGUAGES]
    return private(Response(render_template_string(_LINES, lines=each), status=status), kept="no-store")


def template(title: str, style: str, body: str) -> str:
    """The page around a body, for any phone: nothing is fetched, and the other languages stand at its end.

    What it is rendered with has `token`, the end of its address, `lang` and `languages`.
    """
    return _PAGE.replace("TITLE", title).replace("STYLE", style).replace("BODY", body)


def gone(words: Text) -> Response:
    """404, whatever is wrong with the link."""
    return lines(words, 404)


def private(answer: Response, kept: str = KEPT) -> Response:
    """The address is the key: no other page may learn it from a link that is followed."""
    answer.headers["Cache-Control"] = kept
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    if answer.mimetype == "text/html":
        answer.headers["Content-Security-Policy"] = NOTHING_FOREIGN
    return answer


def language_or(default: str) -> str:
    """The language that the reader has chosen on the page, else the one given."""
    asked = request.args.get("l", "")
    return asked if asked in LANGUAGES else default


def languages() -> list[tuple[str, str]]:
    """Each language with its own name, for the links at the end of a page."""
    return [(code, render(say(f"language.{code}"), code)) for code in LANGUAGES]
