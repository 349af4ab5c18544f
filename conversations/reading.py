"""Readers: what was typed becomes a value, or a kind sentence that says what to send instead."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from conversations.prompts import Unclear
from core.dunning.promises import MOST_DAYS
from core.energy import read_kwh
from core.flags.view import LONGEST_EXCUSE
from core.fold import fold, keyword
from core.ids import check_digit_holds, read_number
from core.inbox import SHOWN
from core.money import BadAmount, Money, read_amount
from core.payments import CASH_LAW_PAISE
from core.phones import read_phone
from core.text import all_keys, say, words_in_all

LONGEST_NOTE = 200
LONGEST_NAME = 60
LONGEST_REASON = 100
LONGEST_FREE = 500
_LINK = re.compile(r"://|\bwww\.|\b[a-z0-9-]+\.(com|in|net|org|ly|link|info)\b", re.I)
_FOREIGN = re.compile(
    r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9_/.-]{6,60}|pay_[A-Za-z]{14}|[0-9]{15,30}", re.ASCII
)
"""How slips, banks and payment services number a payment."""
_COMMANDED = re.compile(r"[a-z]+\s+[0-9]{6}\s+[0-9.]+", re.I)
"""PAY 120457 300 is no reference."""
_DENIED = re.compile(r"[a-z]+\s+[0-9]+(\s+[0-9.]+)?", re.I)
"""Nor is NO 112600001."""
_RIGHT = frozenset({"1", "ok", "right", "yes", "sahi", "haan", "सही", "हाँ"})
_LETTER = re.compile(r"[^\W\d_]")
_PLACE = re.compile(r"^geo (?=-?[0-9])")


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


def pin(raw: str) -> str:
    """A PIN of four to six digits, in ASCII whatever script they were typed in."""
    digits = fold(raw).replace(" ", "")
    if not (digits.isascii() and digits.isdigit() and 4 <= len(digits) <= 6):
        raise Unclear(say("unclear.pin"))
    return digits


def new_pin(raw: str) -> str:
    """A PIN that is not among the first anybody would try: one digit only, or digits in a row."""
    digits = pin(raw)
    if {int(b) - int(a) for a, b in pairwise(digits)} in ({0}, {1}, {-1}):
        raise Unclear(say("unclear.pin_easy"))
    return digits


def days(raw: str, most: int = MOST_DAYS) -> int:
    """A number of days from 1 to `most`; unless said otherwise, those that a promise may take."""
    digits = re.sub(r"\s*(days?|din|दिन)$", "", fold(raw), flags=re.I)
    if not re.fullmatch(r"0*[0-9]{1,2}", digits) or not 1 <= int(digits) <= most:
        raise Unclear(say("unclear.days", most=most))
    return int(digits)


def request_number(raw: str) -> str:
    """The number of a request, with its check digit."""
    number = read_number(raw)
    if number is None:
        raise Unclear(say("unclear.request", typed=quoted(raw)))
    return number


def note_number(raw: str) -> str:
    """The number of a note: short, with a check digit, so that an answer reaches the right customer."""
    digits = fold(raw).lstrip("# ")
    if not re.fullmatch(r"[0-9]{3,9}", digits) or not check_digit_holds(digits):
        raise Unclear(say("unclear.note", typed=quoted(raw)))
    return digits


def free(raw: str) -> str:
    """What a customer wants to say, in as many words as they like."""
    plain = _told(raw)
    if len(plain) < 2:
        raise Unclear(say("unclear.free"))
    return plain[:LONGEST_FREE]


def letter(raw: str) -> str:
    """An answer to a customer: whole, or not at all, and without a link that could lead elsewhere."""
    plain = fold(raw)
    if len(plain) < 2:
        raise Unclear(say("unclear.free"))
    if _LINK.search(plain):
        raise Unclear(say("unclear.link"))
    if len(plain) > SHOWN:
        raise Unclear(say("unclear.letter", most=SHOWN))
    return plain


def rest(raw: str) -> str:
    """What a line says beyond what is asked for, as it is shown again."""
    return quoted(raw)


def stars(raw: str) -> int:
    """How somebody liked it: 1 to 5."""
    digits = fold(raw).strip()
    if digits not in ("1", "2", "3", "4", "5"):
        raise Unclear(say("unclear.stars"))
    return int(digits)


def stars_within(raw: str) -> int:
    """1 to 5 in what else was said, `hai 5`; 0 where there is none, or more than one."""
    found = re.findall(r"(?<![0-9])[1-5](?![0-9])", fold(raw))
    return int(found[0]) if len(found) == 1 else 0


def receipt_number(raw: str) -> str:
    """A receipt's number: plant, year and serial, all digits."""
    digits = re.sub(r"[\s\-./]", "", fold(raw)).lstrip("#")
    if not (digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 14):
        raise Unclear(say("unclear.receipt", typed=quoted(raw)))
    return digits


def payment_reference(raw: str) -> str:
    """What names a payment: a receipt's number, a connection's for the last one, a list's (#12), or the one
    that a link, a slip, a provider or a bank gave it."""
    plain = re.sub(r"\s", "", fold(raw))
    if re.fullmatch(r"#[0-9]{1,6}", plain):
        return f"#{int(plain[1:])}"
    digits = re.sub(r"[\-./]", "", plain).lstrip("#")
    if digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 14:
        return digits
    number = read_number(raw)
    if number is None and (_DENIED.fullmatch(fold(raw)) or not _FOREIGN.fullmatch(plain)):
        raise Unclear(say("unclear.payment", typed=quoted(raw)))
    return number or plain


def coupon_code(raw: str) -> str:
    """A coupon's ten digits, the last of which checks the others."""
    typed = re.sub(r"[\s\-./]", "", fold(raw))
    if not re.fullmatch("[0-9]{10}", typed):
        raise Unclear(say("unclear.coupon"))
    if not check_digit_holds(typed):
        raise Unclear(say("unclear.coupon_digits"))
    return typed


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


def newcomer(raw: str) -> str:
    """The name of somebody we don't know; a word that customers send is none, and says what it needs."""
    plain = name(raw)
    counts = any(char.isdecimal() for char in plain)
    if keyword(plain.split()[0] if counts else plain) in _commands():
        raise Unclear(say("nav.customer_only"))
    if counts:
        raise Unclear(say("unclear.name"))
    return plain


@lru_cache(maxsize=1)
def _commands() -> frozenset[str]:
    keys = [key for key in all_keys("en") if key.startswith("commands.")]
    return frozenset(keyword(word) for key in keys for word in words_in_all(key))


def term(raw: str) -> str:
    """Something to search for: a number, a phone, or at least two letters."""
    plain = fold(raw)
    if len(plain) < 2:
        raise Unclear(say("unclear.term"))
    return plain[:LONGEST_NAME]


def note(raw: str) -> str:
    """A few words about a fault, cut at a sensible length; 1 means none."""
    plain = _told(raw)
    return "" if plain == "1" else plain[:LONGEST_NOTE]


def _told(raw: str) -> str:
    """What is meant for people; of a place from the map (`geo 25.1,85.2`) its degrees say it all."""
    return _PLACE.sub("", fold(raw))


def place(raw: str) -> str:
    """Where something is: degrees, or a few words."""
    plain = fold(raw)
    if len(plain) < 3:
        raise Unclear(say("unclear.reason"))
    return plain[:LONGEST_NOTE]


def counted(raw: str) -> int:
    """Rupees that were counted, in paise. None is `000` on a keypad, where `0` goes back."""
    return 0 if re.fullmatch(r"0+(\.0*)?", fold(raw)) else amount(raw)


def excuse_days(raw: str) -> int:
    """A number of days that a connection may be left alone."""
    digits = fold(raw)
    if not (digits.isascii() and digits.isdigit() and 1 <= int(digits) <= LONGEST_EXCUSE):
        raise Unclear(say("unclear.days", typed=quoted(raw), most=LONGEST_EXCUSE))
    return int(digits)


def reason(raw: str) -> str:
    """Why cash is missing or too much, in a few words."""
    plain = fold(raw)
    if len(plain) < 2 or not _LETTER.search(plain):
        raise Unclear(say("unclear.reason"))
    return plain[:LONGEST_REASON]


def kwh(raw: str) -> int:
    """What a meter shows, in Wh."""
    wh = read_kwh(raw)
    if wh is None:
        raise Unclear(say("unclear.kwh", typed=quoted(raw)))
    return wh


def own_kwh(raw: str, number: str) -> int:
    """What one's own meter shows, in Wh; the connection's number may stand before it."""
    first, _, rest = fold(raw).strip().partition(" ")
    return kwh(rest if rest and read_number(first) == number else raw)


def checked(raw: str) -> int | None:
    """What a checked meter shows, in Wh; None: what its customer saw (`OK`, or 1 on a keypad)."""
    return None if fold(raw).strip().casefold() in _RIGHT else kwh(raw)


def meter_number(raw: str) -> str:
    """A meter's own number, as it stands on it."""
    plain = fold(raw).upper()
    if not re.fullmatch(r"(?=.*[0-9])[A-Z0-9./-]{3,20}", plain):
        raise Unclear(say("unclear.meter", typed=quoted(raw)))
    return plain


def meter_or_none(raw: str) -> str | None:
    """A meter's number, or 1 where there is none."""
    return None if fold(raw) == "1" else meter_number(raw)


def phone(raw: str) -> str:
    """Somebody's phone number."""
    number = read_phone(raw)
    if number is None:
        raise Unclear(say("unclear.phone", typed=quoted(raw)))
    return number


def reference(raw: str) -> str:
    """The reference on a card or wallet slip: letters and digits, in one way of writing."""
    plain = re.sub(r"[\s\-./_]", "", fold(raw)).upper()
    line = _COMMANDED.fullmatch(fold(raw))
    if line or not (plain.isascii() and plain.isalnum() and 4 <= len(plain) <= 30):
        raise Unclear(say("slip.bad"))
    return plain


def row_number(raw: str) -> int:
    """The number of a row of a list."""
    digits = fold(raw).lstrip("#")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
        raise Unclear(say("unmatched.bad"))
    return int(digits)
