"""Numbers that people type: digits with a check digit, so that one wrong key is caught.

ISO 7064 Mod 11,10 (python-stdnum): a single decimal check digit that finds every wrong digit and
nearly every swap of neighbours.
"""

from __future__ import annotations

import re

from stdnum.iso7064 import mod_11_10

from core.fold import fold

SHORTEST, LONGEST = 5, 12


def with_check_digit(serial: int) -> str:
    """A serial number, made typeable: 12045 becomes 120457."""
    return f"{serial}{mod_11_10.calc_check_digit(str(serial))}"


def check_digit_holds(digits: str) -> bool:
    """Whether the last digit checks the others."""
    return bool(mod_11_10.is_valid(digits))


def read_number(raw: str) -> str | None:
    """The number someone typed (either script, with blanks or dashes), or None if it can't be one."""
    digits = re.sub(r"[\s\-./]", "", fold(raw)).lstrip("#")
    if not (digits.isascii() and digits.isdigit() and SHORTEST <= len(digits) <= LONGEST):
        return None
    return digits if check_digit_holds(digits) else None
