"""Money that goes back above one's limit: set-offs, late fees, disputed receipts, sales taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from core import deposits, disputes, payments
from core.doing import Doing
from core.dunning import waiving
from core.money import Money
from core.schemes import plans, view
from core.text import Text
from core.work import effects, money
from core.work.machine import Moved, take_step
from core.work.rules import CLUSTER, Kind, Step
from tests.core.work.desk import AT, Desk, more_in_charge, run
from tests.talks.transcript import Stage
from tests.together import at_once


@pytest.fixture
def desk(desk: Desk) -> Desk:
    return more_in_charge(desk)


PAID_OF = {Kind.SETOFF: 50_00, Kind.WAIVE: 20_00, Kind.SETTLE: 90_00, Kind.UNSCHEME: 2_000_00}
"""Paise that each decision of the next tests is about."""
ASHA = "120457"


def number_of(desk: Desk, sql: str) -> int:
    return int(str(desk.rows(sql)[0][0]))


def occasion(desk: Desk, kind: Kind) -> tuple[Callable[[Doing], object], Callable[[Doing], str]]:
    """What gives reason for a decision: how it is done alone, and how it is asked for."""
    here = number_of(desk, f"SELECT id FROM connection WHERE number = '{ASHA}'")
    paise = PAID_OF[kind]
    if kind is Kind.SETOFF:
        return (
            lambda doing: deposits.set_off(doing, here, paise),
            lambda doing: money.ask_to_set_off(doing, here, paise),
        )
    if kind is Kind.WAIVE:
        Stage(desk.play).leave_unpaid()
        bill = number_of(desk, f"SELECT bill_id FROM bill_late_fee WHERE connection_id = {here}")
        return (
            lambda doing: waiving.waive(doing, bill, "why"),
            lambda doing: money.ask_to_waive(doing, bill, "why"),
        )
    if kind is Kind.SETTLE:
        desk.act("technician", lambda doing: payments.take_cash(doing, here, paise))
        payment = number_of(desk, "SELECT max(id) FROM payment")
        desk.act("who asked", lambda doing: disputes.deny(doing, payment))
        return (
            lambda doing: disputes.settle(doing, payment, "undo"),
            lambda doing: money.ask_to_take_back(doing, payment),
        )
    offer = next(one for one in view.offers(desk.play.services.database.reader, here, 9) if one.code == "FAN")
    desk.act("CSA", lambda doing: plans.begin(doing, here, offer))
    plan = number_of(desk, "SELECT max(id) FROM plan")
    return (lambda doing: plans.cancel(doing, plan), lambda doing: money.ask_to_cancel(doing, plan))


def limit_to(desk: Desk, paise: int) -> None:
    """Let cluster in-charges decide about so much alone."""
    run(
        desk,
        "INSERT INTO approval_limit (organisation_id, role, limit_paise) "
        f"SELECT id, '{CLUSTER}', {paise} FROM organisation "
        "ON CONFLICT (organisation_id, role) DO UPDATE SET limit_paise = excluded.limit_paise",
    )


def approve_and_do(desk: Desk, who: str, number: str, paise: int) -> str:
    moved = desk.act(
        who,
        lambda doing: take_step(doing, number, Step.APPROVE, paise=paise, effect=effects.of(Step.APPROVE)),
    )
    return moved if isinstance(moved, str) else "first" if moved.second else moved.state


def books(desk: Desk) -> list[tuple[object, ...]]:
    return desk.rows("SELECT count(*), sum(amount_paise) FROM posting")


@pytest.mark.parametrize("kind", PAID_OF)
def test_above_the_limit_it_is_asked_for_and_done_with_the_approval_of_another(
    desk: Desk, kind: Kind
) -> None:
    alone, ask = occasion(desk, kind)
    paise = PAID_OF[kind]
    limit_to(desk, paise - 1)
    before = books(desk)
    assert desk.act("cluster in-charge", alone) == "work.above"
    number = str(desk.act("cluster in-charge", ask))
    assert desk.act("other cluster", ask) == "change.known"
    assert approve_and_do(desk, "cluster in-charge", number, paise) == "work.own"
    assert approve_and_do(desk, "other cluster", number, paise) == "first"
    assert books(desk) == before
    assert approve_and_do(desk, "state in-charge", number, paise) == "completed"
    assert books(desk) != before
    assert desk.rows("SELECT sum(amount_paise) FROM posting") == [(0,)]
    assert approve_and_do(desk, "other state", number, paise) == "work.state"
    assert isinstance(desk.act("state in-charge", ask), str)
    told = {phone for phone, _ in desk.play.deliver()}
    assert {"+919800000001", "+919800000003"} <= told


@pytest.mark.parametrize("kind", PAID_OF)
def test_within_the_limit_it_is_done_at_once(desk: Desk, kind: Kind) -> None:
    alone, _ = occasion(desk, kind)
    limit_to(desk, PAID_OF[kind])
    before = books(desk)
    desk.act("cluster in-charge", alone)
    assert books(desk) != before
    assert desk.rows("SELECT count(*) FROM request WHERE paise IS NOT NULL") == [(0,)]


@pytest.mark.parametrize("kind", PAID_OF)
def test_two_who_complete_it_at_once_do_it_once(desk: Desk, kind: Kind) -> None:
    _, ask = occasion(desk, kind)
    number = str(desk.act("cluster in-charge", ask))
    both = ("state in-charge", "other state")
    got = at_once(*(partial(approve_and_do, desk, who, number, PAID_OF[kind]) for who in both))
    assert sorted(got) == ["completed", "work.state"]


def test_the_seller_alone_takes_a_sale_back_for_ten_minutes(desk: Desk) -> None:
    cancel, _ = occasion(desk, Kind.UNSCHEME)
    assert desk.act("CSA", cancel, AT + timedelta(minutes=11)) == "work.above"
    run(desk, "UPDATE organisation SET second_from_paise = 100")
    assert desk.act("cluster in-charge", cancel) == "work.above"
    assert isinstance(desk.act("CSA", cancel, AT + timedelta(minutes=9)), Text)


def test_a_fee_that_is_another_by_now_is_looked_at_again(desk: Desk) -> None:
    _, ask = occasion(desk, Kind.WAIVE)
    number = str(desk.act("cluster in-charge", ask))
    run(desk, "UPDATE bill_late_fee SET paise = 1500")
    moved = desk.act("state in-charge", lambda doing: take_step(doing, number, Step.APPROVE, paise=20_00))
    assert isinstance(moved, Moved)
    assert moved.changed == Money(15_00)
