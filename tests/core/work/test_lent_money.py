"""Late fees and disputed receipts in the hands of who stands in for an in-charge who is away."""

from __future__ import annotations

import pytest

from core import charge, disputes, payments
from core.clock import now
from core.work import away, effects, lists
from core.work.machine import Moved, take_step
from core.work.rules import Kind, Step
from tests.core.work.desk import Desk
from tests.core.work.test_limits_of_money import PAID_OF, books, limit_to, occasion
from tests.core.work.test_standing_in import desk as desk_of_elsewhere
from tests.core.work.test_standing_in import stand_in

desk = desk_of_elsewhere
LENT = (Kind.WAIVE, Kind.SETTLE)
OF_ELSEWHERE = "cluster in-charge of elsewhere"


def here(desk: Desk) -> int:
    return int(str(desk.rows("SELECT id FROM connection WHERE number = '120457'")[0][0]))


def decides(desk: Desk, who: str, paise: int) -> bool:
    member = desk.callers[who].staff
    assert member is not None
    return charge.decides(desk.play.services.database.reader, member.id, here(desk), paise)


@pytest.mark.parametrize("kind", LENT)
def test_who_stands_in_decides_and_it_is_kept_for_whom(desk: Desk, kind: Kind) -> None:
    alone, _ = occasion(desk, kind)
    before = books(desk)
    assert isinstance(desk.act(OF_ELSEWHERE, alone, now()), str)
    stand_in(desk, OF_ELSEWHERE, "cluster in-charge")
    assert not isinstance(desk.act(OF_ELSEWHERE, alone, now()), str)
    assert books(desk) != before
    [(away_name,)] = desk.rows(
        "SELECT staff.name FROM audit JOIN staff ON staff.id = (audit.details ->> 'for_staff')::bigint "
        "WHERE action IN ('latefee.waive', 'pay.settle_undo')"
    )
    assert away_name == "Sunita Jha"


@pytest.mark.parametrize("kind", LENT)
def test_only_as_long_as_they_are_away_and_only_who_is_in_charge(desk: Desk, kind: Kind) -> None:
    alone, _ = occasion(desk, kind)
    before = books(desk)
    for who in ("CSA of elsewhere", "technician of elsewhere"):
        stand_in(desk, who, "cluster in-charge")
        assert isinstance(desk.act(who, alone, now()), str)
        assert not decides(desk, who, 1)
    stand_in(desk, OF_ELSEWHERE, "cluster in-charge")
    desk.act("cluster in-charge", away.back, now())
    assert isinstance(desk.act(OF_ELSEWHERE, alone, now()), str)
    assert books(desk) == before


@pytest.mark.parametrize("kind", LENT)
def test_the_limit_of_who_is_away_counts_besides_ones_own(desk: Desk, kind: Kind) -> None:
    alone, _ = occasion(desk, kind)
    limit_to(desk, PAID_OF[kind] - 1)
    stand_in(desk, OF_ELSEWHERE, "cluster in-charge")
    assert desk.act(OF_ELSEWHERE, alone, now()) == "work.above"
    assert not decides(desk, OF_ELSEWHERE, PAID_OF[kind])
    stand_in(desk, "cluster in-charge", "state in-charge")
    assert decides(desk, "cluster in-charge", PAID_OF[kind])
    assert not isinstance(desk.act("cluster in-charge", alone, now()), str)


@pytest.mark.parametrize("kind", LENT)
def test_what_is_asked_for_above_a_limit_reaches_the_stand_in_too(desk: Desk, kind: Kind) -> None:
    _, ask = occasion(desk, kind)
    paise = PAID_OF[kind]
    limit_to(desk, paise - 1)
    number = str(desk.act("cluster in-charge", ask, now()))
    stand_in(desk, "state in-charge of elsewhere", "state in-charge")
    member = desk.callers["state in-charge of elsewhere"].staff
    assert member is not None
    waiting = lists.to_decide(desk.play.services.database.reader, member.id, member.role, 9)
    assert [one.number for one in waiting] == [number]
    moved = desk.act(
        "state in-charge of elsewhere",
        lambda doing: take_step(doing, number, Step.APPROVE, paise=paise, effect=effects.of(Step.APPROVE)),
        now(),
    )
    assert isinstance(moved, Moved)
    assert moved.state == "completed"


def test_nobody_settles_what_who_is_away_took(desk: Desk) -> None:
    alone, _ = occasion(desk, Kind.SETTLE)
    stand_in(desk, OF_ELSEWHERE, "cluster in-charge")
    with desk.play.services.database.begin() as session:
        session.connection().exec_driver_sql(
            "ALTER TABLE payment DISABLE TRIGGER USER;"
            "UPDATE payment SET staff_id = (SELECT id FROM staff WHERE phone = '+919800000003');"
            "ALTER TABLE payment ENABLE TRIGGER USER"
        )
    assert desk.act(OF_ELSEWHERE, alone, now()) == "settle.not_you"


def test_a_disputed_receipt_reaches_who_stands_in(desk: Desk) -> None:
    stand_in(desk, OF_ELSEWHERE, "cluster in-charge")
    desk.play.deliver()
    desk.act("technician", lambda doing: payments.take_cash(doing, here(desk), 90_00), now())
    payment = int(str(desk.rows("SELECT max(id) FROM payment")[0][0]))
    desk.act("who asked", lambda doing: disputes.deny(doing, payment), now())
    assert desk.callers[OF_ELSEWHERE].phone in {phone for phone, _ in desk.play.deliver()}
