"""Phone numbers: whatever people and gateways write becomes +91…; logs see only the last digits."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

from core.fold import fold

_INDIAN_MOBILE = re.compile(r"(?:\+?91|0091|0)?([6-9][0-9]{9})")
LONGEST = 60
"""Characters; with every blank and hyphen that people put in, no number has more."""
_SCOPED = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")


def read_phone(raw: str) -> str | None:
    """An E.164 mobile number, or None.

    Indian mobiles (10 digits from 6 to 9) are read in every usual form; other countries' numbers
    only in full international form, and only when phonenumbers calls them a possible mobile.
    """
    return _read(raw) if len(raw) <= LONGEST else None


@lru_cache(maxsize=8192)
def _read(raw: str) -> str | None:
    plain = re.sub(r"[\s\-().]", "", fold(raw))
    match = _INDIAN_MOBILE.fullmatch(plain)
    if match:
        return "+91" + match[1]
    if not plain.startswith("+") or plain.startswith("+91"):
        return None
    try:
        number = phonenumbers.parse(plain, None)
    except phonenumbers.NumberParseException:
        return None
    kind = phonenumbers.number_type(number)
    mobile = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    if kind not in mobile:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_scoped(address: str) -> bool:
    """Whether this is WhatsApp's id of a person for one business (`IN.…`), given instead of a number."""
    return _SCOPED.fullmatch(address) is not None


def masked(phone: str) -> str:
    """A number as logs and strangers may see it: the last four digits."""
    return "…" + phone[-4:]
