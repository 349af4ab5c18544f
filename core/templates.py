"""WhatsApp's templates: what our words need outside the 24 hours, and what fills a template's variables.

They are the texts that DLT knows as well (core/dlt.py), with `{{1}}`, `{{2}}` … for their gaps. A
message's variables are read out of its words, so that what was approved is what is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

from sqlalchemy import text
from sqlalchemy.orm import Session

from core import dlt
from core.settings import LANGUAGES

APPROVED = "approved"
LONGEST = 250
"""Characters of one variable."""
NEVER = ("code.", "payupi.", "photo.")
"""One-time codes go by SMS, to the phone on record; our links, too: WhatsApp answers with what they show."""
MARKETING = ("coupon.",)
"""Offers; whatever else we send is about somebody's own account (utility)."""
CODES: Mapping[str, str] = {"en": "en", "hi": "hi", "hi-Latn": "hi"}
"""WhatsApp's name of a language; it has none for Hindi in Latin letters."""
EXAMPLES: Mapping[str, str] = {
    "amount": "300", "balance": "150.50", "most": "500", "number": "120457", "receipt": "1012600007",
    "code": "48213", "day": "15/12/2026", "due": "15/12/2026", "name": "Asha Devi",
    "link": "https://example.org/pay", "url": "https://example.org/pay", "request": "10006",
    "first": "01/11/2026", "last": "30/11/2026",
}  # fmt: skip
"""What reviewers see in a gap; any other gap shows its own name."""
_GAP = re.compile(r"\{#(\w+)#\}")
_NUMBERED = re.compile(r"\{\{[0-9]+\}\}")
_UNSENDABLE = re.compile(r"[\n\t]| {5,}")


@dataclass(frozen=True, slots=True)
class Template:
    """A template that our words need; `examples` are its variables as reviewers see them."""

    name: str
    key: str
    language: str
    body: str
    examples: Mapping[str, str]

    @property
    def category(self) -> str:
        return "MARKETING" if self.key.startswith(MARKETING) else "UTILITY"

    @property
    def code(self) -> str:
        return CODES[self.language]


@lru_cache(maxsize=4)
def wanted(service: str, helpline: str) -> tuple[Template, ...]:
    """Every template for the operator's own name and number, in every language."""
    own = {"service": service, "helpline": helpline}
    return tuple(
        _template(key, language, marked, service)
        for key in dlt.outbound()
        if not key.startswith(NEVER)
        for language in LANGUAGES
        for marked in dlt.marked(key, language, own, lambda gap: f"{{#{gap}#}}")
    )


def _template(key: str, language: str, marked: str, service: str) -> Template:
    """WhatsApp takes no template that begins or ends with a variable."""
    if _GAP.match(marked):
        marked = f"{service}: {marked}"
    if marked.endswith("#}"):
        marked = f"{marked} {service}"
    found = list(_GAP.finditer(marked))
    parts = _GAP.split(marked)[::2]
    body = "".join(
        f"{part}{{{{{number}}}}}" if number <= len(found) else part for number, part in enumerate(parts, 1)
    )
    examples = {str(number): EXAMPLES.get(gap[1], gap[1]) for number, gap in enumerate(found, 1)}
    plain = re.sub(r"[^a-z0-9]+", "_", f"{key}_{language}".lower())
    return Template(f"bijli_{plain}_{crc32(body.encode()):08x}", key, language, body, examples)


def variables_of(template: Template, words: str, service: str) -> dict[str, str] | None:
    """What fills a template so that it says these words; None where it doesn't, or WhatsApp refuses it."""
    for said in (words, f"{service}: {words}", f"{words} {service}", f"{service}: {words} {service}"):
        match = _pattern(template.body).fullmatch(said)
        if match is not None:
            values = match.groups()
            if any(_UNSENDABLE.search(value) or not value.strip() for value in values):
                return None
            return {str(number): value for number, value in enumerate(values, 1)}
    return None


@lru_cache(maxsize=1024)
def _pattern(body: str) -> re.Pattern[str]:
    gap = f"(.{{1,{LONGEST}}}?)"
    return re.compile(gap.join(re.escape(part) for part in _NUMBERED.split(body)))


@dataclass(frozen=True, slots=True)
class Standing:
    """A template at Twilio: its id and what WhatsApp says of it."""

    name: str
    sid: str
    state: str
    reason: str | None = None


def approved(session: Session, account: str) -> dict[str, str]:
    """Name and id of every template that may be sent."""
    rows = session.execute(
        text("SELECT name, sid FROM whatsapp_template WHERE account = :account AND state = :state"),
        {"account": account, "state": APPROVED},
    )
    return {row.name: row.sid for row in rows}


_KEEP = text("""
INSERT INTO whatsapp_template (account, name, key, language, sid, state, reason)
SELECT :account, * FROM unnest(
    CAST(:names AS text[]), CAST(:keys AS text[]), CAST(:languages AS text[]), CAST(:sids AS text[]),
    CAST(:states AS text[]), CAST(:reasons AS text[]))
ON CONFLICT (account, name) DO UPDATE SET
    sid = excluded.sid, state = excluded.state, reason = excluded.reason, checked_at = now()
""")


def keep(session: Session, account: str, standing: Sequence[tuple[Template, Standing]]) -> None:
    """Write down what stands at Twilio now; what is not named is no template of ours any more."""
    columns = list(_columns(standing))
    names = ("names", "keys", "languages", "sids", "states", "reasons")
    session.execute(_KEEP, {"account": account, **dict(zip(names, columns, strict=True))})
    session.execute(
        text(
            "DELETE FROM whatsapp_template WHERE account = :account AND name <> ALL(CAST(:names AS text[]))"
        ),
        {"account": account, "names": columns[0]},
    )


def _columns(standing: Sequence[tuple[Template, Standing]]) -> Iterator[list[str | None]]:
    yield [template.name for template, _ in standing]
    yield [template.key for template, _ in standing]
    yield [template.language for template, _ in standing]
    yield [state.sid for _, state in standing]
    yield [state.state for _, state in standing]
    yield [state.reason for _, state in standing]
