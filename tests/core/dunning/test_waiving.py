"""A late fee is taken back by an in-charge, or let off; and what the customer sees of one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core import accounts, statements
from core.errors import Refusal
from tests.core.dunning.fees import (
    IN_CHARGE,
    LAST,
    NOTICE,
    announce,
    bill,
    charge,
    fees,
    waiving_,
)
from tests.core.dunning.street import ASHA, RAMESH, Street


def test_an_in_charge_takes_a_fee_back_once(late: Street) -> None:
    dues = late.dues("120457")
    announce(late, NOTICE)
    charge(late, LAST + timedelta(days=1))
    bill_id, _ = bill(late, "120457")
    for phone in (ASHA, RAMESH):
        with pytest.raises(Refusal, match=r"waive\.not_you"):
            late.act(phone, waiving_(bill_id))
    assert late.act(IN_CHARGE, waiving_(bill_id)).key == "waive.done"
    assert late.dues("120457") == dues
    with pytest.raises(Refusal, match=r"waive\.none"):
        late.act(IN_CHARGE, waiving_(bill_id))
    assert charge(late, LAST + timedelta(days=2)) == 0
    [(words,)] = late.rows(f"SELECT body FROM outbox WHERE kind = 'reversal' AND recipient = '{ASHA}'")
    assert words == (
        "120457 ke bill 01/11/2026 se 30/11/2026 ka deri shulk Rs 1 hata diya gaya hai. "
        "Ab bakaya Rs 670.50. Bijli Line"
    )
    assert late.rows("SELECT reason FROM bill_late_fee WHERE reversal_id IS NOT NULL") == [
        ("meter was wrong",)
    ]
    newest = statements.moves(late.play.services.database.reader, "dues", late.connection("120457"), 2)
    assert [(move.kind, move.undone) for move in newest] == [("late_fee", True), ("late_fee", False)]


def test_a_fee_can_be_let_off_before_it_is_charged(late: Street) -> None:
    announce(late, NOTICE)
    late.act(IN_CHARGE, waiving_(bill(late, "120457")[0]))
    charge(late, LAST + timedelta(days=1))
    assert "120457" not in fees(late)
    [(words,)] = late.rows(f"SELECT body FROM outbox WHERE kind = 'reversal' AND recipient = '{ASHA}'")
    assert words.endswith("par deri shulk Rs 1 nahin lagega. Bijli Line")


def test_the_customer_sees_it(late: Street) -> None:
    reader, connection = late.play.services.database.reader, late.connection("120457")

    def seen() -> list[tuple[bool | None, date | None]]:
        owed, view = accounts.what_is_owed(reader, connection), accounts.last_bill(reader, connection)
        assert view is not None
        return [(owed.fee_charged, owed.fee_on), (view.fee_charged, view.fee_on)]

    assert seen() == [(None, None)] * 2
    announce(late, NOTICE)
    assert seen() == [(False, LAST)] * 2
    charge(late, LAST + timedelta(days=1))
    assert seen() == [(True, LAST + timedelta(days=1))] * 2
    late.act(IN_CHARGE, waiving_(bill(late, "120457")[0]))
    assert seen() == [(None, None)] * 2
