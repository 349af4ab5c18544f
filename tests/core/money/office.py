"""An office where money moves in every way there is: one place to do each of them, again and at once."""

from __future__ import annotations

from tests.core.money.billed import Billed
from tests.core.money.cash import Cash
from tests.core.money.couponing import Coupons
from tests.core.money.held import Deposits
from tests.core.money.incoming import Incoming


class Office(Cash, Deposits, Coupons, Incoming, Billed):
    """Every way in which money moves, each as an act that may come twice."""


WAYS = (
    "pay", "pay_list", "card", "undo", "deny", "settle", "hand", "got", "close",
    "water", "undo_water",
    "deposit", "set_off", "give_back", "another_package",
    "make_coupon", "redeem", "unredeem",
    "webhook", "refund", "match", "bank",
    "sell", "pay_off", "cancel", "promise", "read",
    "bill", "bill", "bill_ahead", "switch", "unbill", "late_fee", "waive",
)  # fmt: skip
"""Every way in which money moves, and what decides about how much."""
