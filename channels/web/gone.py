"""The page behind a link that leads nowhere: a few words in every language, as nobody knows whose it was."""

from __future__ import annotations

from flask import Response, render_template_string

from core.settings import LANGUAGES
from core.text import Text, render

_PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<body style="font:16px/1.4 sans-serif;padding:6px">{% for line in lines %}<p>{{ line }}</p>{% endfor %}
"""


def gone(words: Text) -> Response:
    """404, whatever is wrong with the link."""
    lines = [render(words, language) for language in LANGUAGES]
    return Response(render_template_string(_PAGE, lines=lines), status=404)
