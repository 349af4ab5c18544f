"""What energy and service cost: a tariff prices one bill, in plain arithmetic that anybody can redo.

The rules, which core/billing/statements.py follows in SQL and tests/core/billing compares with these:
- The monthly charge of a part month is its share by days, those off for the whole day not counted.
- A slab's bounds shrink by days as well, so that a part month is no cheaper and no dearer a kWh.
- Every line is rounded half up to a whole paisa, every scaled bound to a whole watt-hour.
- Energy that no register of a band explains counts in the tariff's `rest_band`, its cheapest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ANY_TIME = ""
"""The band of a tariff that has no bands."""


@dataclass(frozen=True, slots=True)
class Step:
    """One price: paise for a kWh in a band, from one bound of a month's energy to the next (Wh)."""

    band: str
    from_wh: int
    upto_wh: int | None
    paise: int


@dataclass(frozen=True, slots=True)
class Tariff:
    """A package's prices from some day on; no steps where energy costs nothing or is not metered."""

    monthly_paise: int
    steps: tuple[Step, ...] = ()
    rest_band: str = ANY_TIME


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill. Fixed: `days` of the month's; energy: `wh` at `rate` paise a kWh in a band."""

    kind: str
    rate: int
    paise: int
    days: int = 0
    wh: int = 0
    band: str = ANY_TIME


def charge(
    tariff: Tariff,
    wh: int,
    days: int,
    month_days: int,
    used: Mapping[str, int] | None = None,
    off_days: int = 0,
) -> tuple[Line, ...]:
    """The lines of a bill for `days` of a month of `month_days`, `wh` used in all, `used` by band.

    On `off_days` of them the connection was off: they are not charged, slabs are as wide as ever.

    The reference: no bill is made with it, every bill must equal it (tests/core/billing).
    """
    fixed = half_up(tariff.monthly_paise * (days - off_days), month_days)
    lines = [Line("fixed", tariff.monthly_paise, fixed, days=days - off_days)] if fixed else []
    spent = by_band(wh, used, tariff.rest_band)
    for step in tariff.steps:
        in_band = spent.get(step.band, 0)
        lower = half_up(step.from_wh * days, month_days)
        upper = in_band if step.upto_wh is None else half_up(step.upto_wh * days, month_days)
        part = min(in_band, upper) - lower
        if part > 0:
            lines.append(
                Line("energy", step.paise, half_up(part * step.paise, 1000), wh=part, band=step.band)
            )
    return tuple(lines)


def by_band(wh: int, used: Mapping[str, int] | None, rest_band: str) -> dict[str, int]:
    """Energy by band; registers that claim more than the whole are not believed."""
    if used is None or sum(used.values()) > wh:
        return {rest_band: wh}
    spent = dict(used)
    spent[rest_band] = spent.get(rest_band, 0) + wh - sum(used.values())
    return spent


def half_up(amount: int, divisor: int) -> int:
    """A whole number, halves upwards; both not below zero."""
    return (2 * amount + divisor) // (2 * divisor)
