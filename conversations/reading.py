"""Readers: what was typed becomes a value, or a kind sentence that says what to send instead."""

from __future__ import annotations

import re

from conversations.prompts import Unclear
from core.fold import fold
from core.ids import read_number
from core.money import BadAmount, Money, read_amount
from core.payments import CASH_LAW_PAISE
from core.text import say

LONGEST_NOTE = 200
LONGEST_NAME = 60
_LETTER = re.compile(r"[^\W\d_]")


def quoted(raw: str) -> str:
    """What was typed, short enough to be shown back in an answer."""
    plain = fold(raw)
    return plain if len(plain) <= 12 else plain[:11] + "."


def connection_number(raw: str) -> str:
    """A connection number whose check digit is right."""
    number = read_number(raw)
    if number is None:
        raise Unclear(say("unclear.number", typed=quoted(raw)))
    return number


def amount(raw: str) -> int:
    """Rupees, in paise."""
    try:
        return read_amount(raw)
    except BadAmount as bad:
        raise Unclear(say(f"unclear.amount_{bad.reason}", typed=quoted(raw))) from bad


def cash(raw: str) -> int:
    """Rupees that may be taken in cash, in paise."""
    paise = amount(raw)
    if paise >= CASH_LAW_PAISE:
        raise Unclear(say("pay.too_large", most=Money(CASH_LAW_PAISE - 100)))
    return paise


def code(raw: str) -> str:
    """A six-digit code."""
    digits = fold(raw).replace(" ", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) == 6):
        raise Unclear(say("unclear.code"))
    return digits


def receipt_number(raw: str) -> str:
    """A receipt's number: plant, year and serial, all digits."""
    digits = re.sub(r"[\s\-./]", "", fold(raw)).lstrip("#")
    if not (digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 14):
        raise Unclear(say("unclear.receipt", typed=quoted(raw)))
    return digits


def receipt_code(raw: str) -> str:
    """A receipt's code of five digits."""
    digits = fold(raw).replace(" ", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) == 5):
        raise Unclear(say("unclear.receipt_code"))
    return digits


def name(raw: str) -> str:
    """A name of a person or place: some letters, not too long."""
    plain = fold(raw)
    if len(plain) < 2 or len(plain) > LONGEST_NAME or not _LETTER.search(plain):
        raise Unclear(say("unclear.name"))
    return plain


def term(raw: str) -> str:
    """Something to search for: a number, a phone, or at least two letters."""
    plain = fold(raw)
    if len(plain) < 2:
        raise Unclear(say("unclear.term"))
    return plain[:LONGEST_NAME]


def note(raw: str) -> str:
    """A few words about a fault, cut at a sensible length; 1 means none."""
    plain = fold(raw)
    return "" if plain == "1" else plain[:LONGEST_NOTE]
