"""DLT, India's register of SMS templates: what has to be registered, and whether a message is as registered.

What leaves by itself for customers is held against its template before it goes (`approve`), and does
not go when it differs. Replies, notes and staff alerts, which are lists and people's own notes, carry the id
of a generic template where the operator has one (docs/decisions/0011-dlt.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.alerts import tell_staff
from core.delivery import Outgoing
from core.settings import LANGUAGES
from core.text import Text, all_keys, gaps, render, say

VARIABLE = "{#var#}"
LONGEST = 30
"""Characters in one variable, at most."""
FREELY = 2
"""So many variables need no reason (TRAI's direction of 18 November 2025)."""
GENERIC = ("reply", "staff_alert", "note", "broadcast")
"""Kinds whose words are not compared: their template has the kind for its key."""

KEYS = (
    "bill.taken_back", "bill.told_", "call.", "carry.offer", "code.act", "code.message", "code.scheme",
    "coupon.ends", "coupon.told", "latefee.",
    "outage.back",
    "paylink.failed", "paylink.message", "payupi.message", "photo.link_",
    "receipt.again", "receipt.ahead", "receipt.clear",
    "receipt.deposit", "receipt.due",
    "receipt.refunded", "receipt.setoff_",
    "redeem.told_", "refund.", "remind.", "reversal.", "scheme.told_", "selfread.told_",
    "supply.notice", "supply.off", "supply.on", "supply.work_",
    "work.told_",
)  # fmt: skip
"""What leaves by itself for a customer, or carries a code; each is a key or how keys begin."""
_MONEY = ("amount", "balance", "down", "each", "fee", "final", "most", "price")
_VARIANTS: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "bill.told_": tuple(
        {"part": part, "note": note}
        for part in ("", "bill.part")
        for note in (
            "",
            "bill.note_estimated",
            "bill.note_self",
            "bill.note_instalment_read",
            "bill.note_instalment_estimated",
            "bill.note_instalment_self",
        )
    ),
    "code.act": tuple(
        {"act": act}
        for act in (
            "work.to_approve",
            "work.to_reject",
            "work.to_approve_amount",
            "work.to_reject_amount",
            "scheme.act",
            "scheme.act_off",
            "work.to_connect",
            "leave.act",
            "off.act",
            "off.act_on",
            "waive.act",
            "got.act",
            "settle.act_keep",
            "settle.act_undo",
            "scheme.act_cancel",
            "deposit.act_setoff",
            "broadcast.act",
            "deposit.act",
            "pin.act",
            "pin.act_unlock",
            "block.act_open",
        )
    ),
    **dict.fromkeys(
        (
            "work.told_closed",
            "work.told_by_code",
            "work.told_changed",
            "work.told_now_active",
            "work.told_looked",
            "work.told_joined",
        ),
        ({"stars": "work.stars"}, {"stars": ""}),
    ),
    "scheme.told_begun": tuple(
        {"terms": f"scheme.terms_{how}"} for how in ("even", "even_down", "rest", "rest_down")
    ),
    "coupon.told": ({"worth": "coupon.value"}, {"worth": "coupon.percent"}),
}
"""Words within words that make templates of their own. All others count as one variable."""
_REASONS: Mapping[str, str] = {
    "bill.told_": "A bill states connection, sum, period, what is to be paid in all and the day it is due",
    "bill.taken_back": "The customer must know which bill of which connection does not count",
    "code.act": "The code is bound to one act, which its owner must read before using it",
    "code.scheme": "The code agrees to a sale: its owner must read what, for which connection, at what price",
    "coupon.": "A coupon works with its digits only, for one connection and until a day; the scheme is named",
    "redeem.": "Proof that a coupon was used or given back: sum, connection, and what is owed after it",
    "latefee.": "A notice before a fee falls due, or proof that it is gone: which bill, sums and day",
    "paylink.message": "The payer checks sum and connection before opening the link, and how long it works",
    "receipt.": "Proof of payment: sum, connection, balance, and the receipt's number and code to verify it",
    "refund.": "Proof of repayment: sum, receipt and connection, and what is owed after it",
    "remind.": "The customer must know which bill, what sum and what day are meant",
    "reversal.": "Proof of cancellation: receipt, sum and connection, and what is owed after it",
    "scheme.": "A sale on instalments, paid off or taken back: what, for which connection, what is owed when",
    "selfread.": "What became of the customer's own reading: which connection, what was read, what counts",
    "work.told_by_code": "Closed with the customer's code: which fault, by whom, how to object",
    "work.told_mended": "Whether a fault is mended: which, who says so, and the code for that person",
    "work.told_noted": "What was asked for in the customer's name: the connection, the package, the number",
    "supply.notice": "A notice required before supply is paused: connection, sum and the last day to pay",
}
"""Why there are more than two variables, for the application on the operator's portal."""
_T = TypeVar("_T")
_ADJACENT = re.compile(rf"{re.escape(VARIABLE)}[\W_]*{re.escape(VARIABLE)}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A template that our words need: in one language, with `{#var#}` for each gap."""

    key: str
    language: str
    body: str
    reason: str

    @property
    def variables(self) -> int:
        return self.body.count(VARIABLE)


@dataclass(frozen=True, slots=True)
class Template:
    """A template as it is registered."""

    key: str
    language: str
    id: str
    body: str


def outbound() -> list[str]:
    """The keys of all words that need a template of their own."""
    return sorted(key for key in all_keys("en") if key.startswith(KEYS))


def wanted(service: str, helpline: str, site: str, photos: str) -> list[Wanted]:
    """Every template to register for our words, with the operator's own name, number and addresses in it.

    `site`, `photos`: what the addresses of our pages for UPI and for photos begin with.
    """
    own = {"service": service, "helpline": helpline, "site": site, "photos": photos}
    return [
        Wanted(key, language, body, _of(key, _REASONS, "") if body.count(VARIABLE) > FREELY else "")
        for key in outbound()
        for language in LANGUAGES
        for body in _bodies(key, language, own)
    ]


def _bodies(key: str, language: str, own: Mapping[str, str]) -> Iterable[str]:
    return marked(key, language, own, lambda _gap: VARIABLE)


def marked(key: str, language: str, own: Mapping[str, str], mark: Callable[[str], str]) -> Iterable[str]:
    """The forms of some words, with a `mark` for each gap that is not the operator's own (`own`)."""
    for variant in _of(key, _VARIANTS, ({},)):
        within = {
            gap: render(_filled(inner, language, own, mark), language) if inner else ""
            for gap, inner in variant.items()
        }
        yield render(_filled(key, language, {**own, **within}, mark), language)


def _filled(key: str, language: str, known: Mapping[str, str], mark: Callable[[str], str]) -> Text:
    """Words with a variable in each gap that is not known."""
    variables = {
        gap: _sign(language) + mark(gap) if gap in _MONEY else mark(gap) for gap in gaps(key, language)
    }
    return Text(key, tuple((gap, known.get(gap, variable)) for gap, variable in variables.items()))


def _sign(language: str) -> str:
    """The currency belongs to the fixed words, so that the variable is tagged as numeric."""
    return "रु " if language == "hi" else "Rs "


def _of(key: str, table: Mapping[str, _T], otherwise: _T) -> _T:
    return next((value for start, value in table.items() if key.startswith(start)), otherwise)


def faults(body: str, reason: str) -> list[str]:
    """What a portal would refuse in a template's words."""
    found = []
    if "<" in body or ">" in body:
        found.append("has < or >")
    if "  " in body:
        found.append("has two blanks in a row")
    if _ADJACENT.search(body):
        found.append("has two variables side by side")
    if body.replace(VARIABLE, "").count("{#"):
        found.append(f"has a variable that is not {VARIABLE}")
    if body.count(VARIABLE) > FREELY and not reason:
        found.append("has more than two variables and no reason")
    return found


def matches(template: str, body: str) -> bool:
    """Whether a message is its template with 1 to 30 characters for each variable."""
    return _pattern(template).fullmatch(body) is not None


@lru_cache(maxsize=1024)
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(f".{{1,{LONGEST}}}?".join(re.escape(part) for part in template.split(VARIABLE)))


def registered(session: Session, keys: Iterable[str] | None = None) -> list[Template]:
    """The registered templates of some keys, or all; one round trip."""
    rows = session.execute(
        text(
            "SELECT key, language, id, body FROM dlt_template "
            "WHERE CAST(:keys AS text[]) IS NULL OR key = ANY(:keys) ORDER BY key, language, id"
        ),
        {"keys": None if keys is None else sorted(set(keys))},
    )
    return [Template(*row) for row in rows]


def compared(have: Sequence[Template], want: Sequence[Wanted]) -> list[str]:
    """What is not as it must be: words without a template, and templates without words. Empty when sound."""
    bodies = {(one.key, one.language, one.body) for one in have}
    known = {(one.key, one.language, one.body) for one in want}
    wrong = [f"{one.key} in {one.language} is not registered: {one.body}" for one in want
             if (one.key, one.language, one.body) not in bodies]  # fmt: skip
    wrong += [f"{one.id} ({one.key} in {one.language}) is none of our texts: {one.body}" for one in have
              if one.key not in GENERIC and (one.key, one.language, one.body) not in known]  # fmt: skip
    return wrong


def approve(session: Session, batch: Sequence[Outgoing], *, default_language: str) -> list[Outgoing]:
    """Those of a claimed batch that are as registered, each with its template's id.

    The others have failed, and in-charges hear of it once for each key and language. Two round trips,
    and a few more when something failed.
    """
    if not batch:
        return []
    by_key: dict[tuple[str, str], list[Template]] = {}
    for template in registered(session, map(_key, batch)):
        by_key.setdefault((template.key, template.language), []).append(template)
    good: list[Outgoing] = []
    bad: list[Outgoing] = []
    for message in batch:
        known = by_key.get((_key(message), message.language), [])
        found = _found(message, known)
        if found is None and message.kind not in GENERIC:
            bad.append(message)
        else:
            good.append(replace(message, dlt=found))
    if bad:
        _give_up(session, bad)
        _tell(session, {(_key(message), message.language) for message in bad}, default_language)
    return good


def _key(message: Outgoing) -> str:
    return message.kind if message.kind in GENERIC else message.template or message.kind


def _found(message: Outgoing, known: Sequence[Template]) -> str | None:
    return next((one.id for one in known if message.kind in GENERIC or matches(one.body, message.body)), None)


_GIVE_UP = text("""
UPDATE outbox SET state = 'failed', finished_at = now(), error = 'not as registered (DLT): ' || why
FROM unnest(CAST(:ids AS bigint[]), CAST(:whys AS text[])) AS given(id, why)
WHERE outbox.id = given.id
""")


def _give_up(session: Session, bad: Sequence[Outgoing]) -> None:
    whys = [f"{_key(message)} in {message.language}" for message in bad]
    session.execute(_GIVE_UP, {"ids": [message.id for message in bad], "whys": whys})


_IN_CHARGE = text("""
SELECT phone FROM staff
WHERE active AND phone IS NOT NULL AND role IN ('cluster_in_charge', 'state_in_charge')
""")


def _tell(session: Session, causes: Iterable[tuple[str, str]], default_language: str) -> None:
    phones = session.scalars(_IN_CHARGE).all()
    for key, language in sorted(causes):
        words = say("alerts.not_registered", words=key, language=language)
        tell_staff(session, phones, f"dlt:{key}:{language}", words, default_language)
