"""Money is a whole number of paise. Here people's ways of writing it are read."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from core.fold import fold

MOST = 100_000_000_00
"""No single amount in this trade is above ten crore rupees; more is a slip of the hand."""

_AMOUNT = re.compile(
    r"(?:rs\.?|inr|रु\.?|रुपये|rupees?|rupaye)?\s*([0-9][0-9,]*)(?:\.([0-9]+))?\s*(?:/-|/|rs\.?|रु\.?|रुपये|rupees?|rupaye)?",
    re.I,
)
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}|[0-9]+")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount for people to read, in paise."""

    paise: int


class BadAmount(ValueError):
    """Why an amount can't be taken: `reason` is `unclear`, `zero`, `decimals` or `large`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_amount(raw: str) -> int:
    """Rupees as people write them (`300`, `1,23,456.50`, `Rs 300/-`, `३००`) in paise.

    Raises BadAmount: a sign, an exponent or letters are unclear; more than two decimals, zero and
    amounts beyond reason each have their own reason, so that the answer can say what to send.
    """
    match = _AMOUNT.fullmatch(fold(raw))
    # Folding makes plain digits of raised ones: 10² must not become 102.
    if any(unicodedata.category(c) == "No" for c in raw) or match is None or not _GROUPED.fullmatch(match[1]):
        raise BadAmount("unclear")
    rupees, decimals = match[1].replace(",", ""), match[2] or ""
    if len(decimals.rstrip("0")) > 2:
        raise BadAmount("decimals")
    if len(rupees) > 12:
        raise BadAmount("large")
    paise = int(Decimal(f"{rupees}.{decimals or '0'}") * 100)
    if paise == 0:
        raise BadAmount("zero")
    if paise > MOST:
        raise BadAmount("large")
    return paise
