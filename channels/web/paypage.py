"""The page that shows how to pay by UPI: an amount, a QR code and a link that opens a UPI app.

Whoever has the address may look: it is signed, and names nobody. No script, nothing fetched.
"""

from __future__ import annotations

import segno
from flask import Blueprint, Response, render_template_string

from channels.web.pages import gone, language_or, languages, private, template
from core import upi
from core.clock import today
from core.db import Reader
from core.money import Money
from core.settings import Settings, Upi
from core.text import render, say
from core.upi import Payable, Wish

_PAGE = template(
    title="{{ service }}",
    style="svg{width:200px;height:200px;display:block}b{overflow-wrap:anywhere}\n"
    ".go{border:2px solid #000;padding:8px;display:inline-block}",
    body="""<h1>{{ service }}<br>{{ head }}</h1>
{% if qr %}<p>{{ scan }}</p>{{ qr|safe }}
<p><a class="go" href="{{ uri }}">{{ open }}</a>
<p>{{ by_hand }}<br><b>{{ vpa }}</b>{% endif %}
<p>{{ after }}""",
)


def pay_routes(settings: Settings, reader: Reader) -> Blueprint:
    """GET /pay/<token>; 404 where it leads nowhere. Without a UPI address there is none."""
    routes = Blueprint("pay", __name__)
    address = settings.upi
    if address is None:
        return routes

    @routes.get("/pay/<token>")
    def page(token: str) -> Response:
        wish = upi.opened(settings, token, today())
        found = None if wish is None else upi.payable(reader, wish.connection_id)
        if wish is None or found is None:
            answer = gone(say("payupi.gone"))
        else:
            language = language_or(settings.default_language)
            answer = Response(_page(settings, address, found, wish, token, language))
        return private(answer, kept="no-store")  # what is owed changes with every payment

    return routes


def _page(settings: Settings, address: Upi, found: Payable, wish: Wish, token: str, language: str) -> str:
    paise = found.dues_paise if wish.paise is None else wish.paise
    words = {
        "head": say("payupi.head", number=found.number, amount=Money(paise)),
        "scan": say("payupi.scan"),
        "open": say("payupi.open"),
        "by_hand": say("payupi.to", number=found.number),
        "after": say("payupi.after"),
    }
    uri = upi.uri(address, found.number, paise, today()) if paise > 0 else ""
    if paise <= 0:
        words |= {"head": say("payupi.nothing", number=found.number), "after": say("payupi.thanks")}
    return render_template_string(
        _PAGE,
        **{name: render(text, language) for name, text in words.items()},
        service=settings.service_name,
        vpa=address.vpa,
        uri=uri,
        qr=_qr(uri) if uri else "",
        token=token,
        lang=language,
        languages=languages(),
    )


def _qr(uri: str) -> str:
    """The code as a drawing in the page: a few kilobytes, sharp at any size."""
    return str(segno.make(uri, error="l", micro=False).svg_inline(omitsize=True, border=4, svgclass=None))
