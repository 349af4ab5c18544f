"""Readers of what is meant as a whole: a plant, a month, a connection or a plant, for how long and why."""

from __future__ import annotations

import re
from datetime import date

from conversations import reading
from conversations.prompts import Unclear
from core.fold import fold
from core.ids import read_number
from core.text import say
from core.work.switching import LONGEST as LONGEST_OFF


def plant(raw: str) -> str:
    """A plant's code."""
    code = fold(raw)
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,20}", code):
        raise Unclear(say("unclear.plant", typed=reading.quoted(raw)))
    return code


def plant_and_month(raw: str) -> tuple[str | None, date | None]:
    """A plant's code, a month as 2026-10 or 10/2026, or both."""
    code: str | None = None
    month: date | None = None
    for word in fold(raw).split():
        found = re.fullmatch(r"(?P<y>20\d\d)[-/](?P<m>\d{1,2})|(?P<m2>\d{1,2})[-/](?P<y2>20\d\d)", word)
        if found is None and code is None:
            code = plant(word)
        elif found is not None and month is None and 1 <= int(found["m"] or found["m2"]) <= 12:
            month = date(int(found["y"] or found["y2"]), int(found["m"] or found["m2"]), 1)
        else:
            raise Unclear(say("unclear.plant", typed=reading.quoted(raw)))
    return code, month


def target(raw: str) -> str:
    """A connection's number, or a plant's code."""
    number = read_number(raw)
    if number is not None:
        return number
    code = fold(raw)
    if not re.fullmatch(r"(?=.*[A-Za-z])[A-Za-z0-9_-]{1,20}", code):
        raise Unclear(say("unclear.target"))
    return code.upper()


def hours(raw: str) -> int:
    """Hours for which supply is off."""
    digits = re.sub(r"\s*(h|hours?|ghante|घंटे)$", "", fold(raw), flags=re.I)
    if not re.fullmatch(r"0*[0-9]{1,2}", digits) or not 1 <= int(digits) <= LONGEST_OFF:
        raise Unclear(say("unclear.hours", most=LONGEST_OFF))
    return int(digits)


def hours_and_reason(raw: str) -> tuple[int | None, str]:
    """`3 new pole`: for how long, where it is said, and why."""
    found = re.fullmatch(r"([0-9]{1,3})\s*(?:h|hours?|ghante|घंटे)?\s+(.+)", fold(raw), flags=re.I)
    return (hours(found[1]), reading.reason(found[2])) if found else (None, reading.reason(raw))
