"""Litres as people read and type them: whole ones, grouped as rupees are."""

from __future__ import annotations

import re
from fractions import Fraction

from babel.numbers import format_decimal

from core.energy import MOST_DIGITS
from core.fold import fold

_LITRES = re.compile(
    r"([0-9]+|[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3})(?:\.0*)?\s*(?:l|lt|ltr|lit(?:er|re)s?|ली|लीटर)?\.?",
    re.I,
)
UNITS = frozenset(
    {"l", "lt", "ltr", "liter", "liters", "litre", "litres", "ली", "लीटर", "kwh", "unit", "units", "यूनिट"}
)
"""Words beside litres or kWh that add nothing to them."""


def litres(amount: int) -> str:
    """Litres in digits that can be read."""
    return format_decimal(amount, format="#,##,##0", locale="en_IN")


def read_litres(raw: str) -> int | None:
    """Whole litres (`400`, `1,200 l`, `४००`), or None if it can't be."""
    match = _LITRES.fullmatch(fold(raw))
    digits = match[1].replace(",", "") if match else ""
    return int(digits) if 0 < len(digits) <= MOST_DIGITS else None


def per_cent(share: Fraction) -> str:
    """A share in per cent, to one decimal."""
    return f"{float(round(100 * share, 1)):g} %"
