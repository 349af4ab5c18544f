"""Limits of approval: the first and the second of two, who they are, what undoes the first, two at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text

from core import audit, deposits, disputes, ledger, limits, payments
from core.doing import Doing
from core.dunning import waiving
from core.money import Money
from core.people import find_caller
from core.schemes import plans, view
from core.text import Text
from core.work import approvals, effects, lists, money
from core.work.machine import Moved, raise_request, take_step
from core.work.rules import CLUSTER, STATE, Kind, Step
from tests.core.work.desk import AT, Desk
from tests.core.work.test_machine import plant_of
from tests.talks.transcript import Stage
from tests.together import at_once

HUGE = 20_000_00
LARGE = 5_000_01
NUMBER = "120465"
"""Owes nothing; Rs 100 are held."""


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """Two more in charge: another of the cluster, and another of the state."""
    for code, role, phone, scope in (
        ("M9", CLUSTER, "+919800000091", "cluster"),
        ("S9", STATE, "+919800000092", "state"),
    ):
        run(desk, f"INSERT INTO phone (e164) VALUES ('{phone}')")
        run(
            desk,
            f"INSERT INTO staff (code, name, phone, role) VALUES ('{code}', '{code}', '{phone}', '{role}')",
        )
        run(
            desk,
            f"INSERT INTO staff_scope (staff_id, {scope}_id) SELECT staff.id, {scope}.id FROM staff, {scope} "
            f"WHERE staff.code = '{code}' AND {scope}.code = '{'PURNIA' if scope == 'cluster' else 'BR'}'",
        )
    people = {"other cluster": "+919800000091", "other state": "+919800000092"}
    reader = desk.play.services.database.reader
    desk.callers.update({who: find_caller(reader, phone) for who, phone in people.items()})
    return desk


def run(desk: Desk, sql: str) -> None:
    with desk.play.services.database.begin() as session:
        session.execute(text(sql))


def change(desk: Desk, paise: int, who: str = "CSA") -> str:
    """A package change of so much money, written down by somebody."""
    return str(
        desk.act(who, lambda doing: raise_request(doing, Kind.PACKAGE, plant_id=plant_of(desk), paise=paise))
    )


def approve(desk: Desk, who: str, number: str, paise: int) -> str:
    """`first`, the state it is in now, `changed`, or the key of a refusal."""
    moved = desk.act(who, lambda doing: take_step(doing, number, Step.APPROVE, paise=paise))
    if isinstance(moved, str):
        return moved
    return "first" if moved.second else "changed" if moved.changed else moved.state


def test_above_the_own_limit_it_is_the_first_of_two_and_the_state_in_charge_is_the_second(desk: Desk) -> None:
    number = change(desk, LARGE)
    assert approve(desk, "cluster in-charge", number, LARGE) == "first"
    assert approve(desk, "cluster in-charge", number, LARGE) == "work.first_yours"
    assert approve(desk, "other cluster", number, LARGE) == "work.second_by"
    assert approve(desk, "state in-charge", number, LARGE) == "in_process"
    events = desk.rows("SELECT step, state, paise FROM request_event ORDER BY id")
    assert events[1:] == [("approve", "requested", LARGE), ("approve", "in_process", LARGE)]
    audited = desk.rows("SELECT details ->> 'paise' FROM audit WHERE action = 'request.approve' ORDER BY id")
    assert audited == [(str(LARGE),)] * 2
    database = desk.play.services.database
    audit.seal(database)
    assert audit.prove(database).broken_at is None


def test_from_the_threshold_on_two_are_needed_whoever_comes_first(desk: Desk) -> None:
    for first, second in (
        ("cluster in-charge", "state in-charge"),
        ("state in-charge", "cluster in-charge"),
        ("state in-charge", "other state"),
    ):
        number = change(desk, HUGE)
        assert approve(desk, first, number, HUGE) == "first"
        assert approve(desk, second, number, HUGE) == "in_process"


def test_neither_the_one_who_asked_nor_who_is_of_elsewhere(desk: Desk) -> None:
    number = change(desk, HUGE, "cluster in-charge")
    assert approve(desk, "state in-charge", number, HUGE) == "first"
    assert approve(desk, "cluster in-charge", number, HUGE) == "work.own"
    assert approve(desk, "technician elsewhere", number, HUGE) == "work.none"
    assert approve(desk, "CSA", number, HUGE) == "work.not_you"
    assert approve(desk, "other cluster", number, HUGE) == "in_process"


def test_staff_do_not_approve_what_they_asked_for_as_a_customer(desk: Desk) -> None:
    number = change(desk, LARGE, "who asked")
    run(desk, f"UPDATE request SET phone = '+919800000030' WHERE number = '{number}'")
    assert approve(desk, "state in-charge", number, LARGE) == "work.own"


def test_an_approval_of_another_amount_does_not_count(desk: Desk) -> None:
    number = change(desk, HUGE)
    assert approve(desk, "cluster in-charge", number, HUGE) == "first"
    run(desk, f"UPDATE request SET paise = {HUGE + 100} WHERE number = '{number}'")
    assert approve(desk, "state in-charge", number, HUGE) == "changed"
    assert approve(desk, "state in-charge", number, HUGE + 100) == "first"
    assert approve(desk, "cluster in-charge", number, HUGE + 100) == "in_process"


def test_a_package_that_has_another_price_by_now(desk: Desk) -> None:
    connection = desk.callers["who asked"].lines[0].id
    run(desk, "UPDATE package SET deposit_paise = 600000 WHERE code = 'HOME30'")
    number = str(
        desk.act(
            "CSA",
            lambda doing: raise_request(
                doing,
                Kind.PACKAGE,
                plant_id=plant_of(desk),
                connection_id=connection,
                details={"package": "HOME30"},
                paise=5_500_00,
            ),
        )
    )
    assert approve(desk, "cluster in-charge", number, 5_500_00) == "first"
    run(desk, "UPDATE package SET deposit_paise = 700000 WHERE code = 'HOME30'")
    assert approve(desk, "state in-charge", number, 5_500_00) == "changed"
    assert desk.rows(f"SELECT paise, state FROM request WHERE number = '{number}'") == [
        (6_500_00, "requested")
    ]
    assert approve(desk, "state in-charge", number, 6_500_00) == "in_process"


def test_taken_back_between_the_two(desk: Desk) -> None:
    number = change(desk, LARGE)
    assert approve(desk, "cluster in-charge", number, LARGE) == "first"
    assert isinstance(desk.step("CSA", number, Step.WITHDRAW), Moved)
    assert approve(desk, "state in-charge", number, LARGE) == "work.state"


def test_a_first_who_has_left_since_does_not_count(desk: Desk) -> None:
    number = change(desk, HUGE)
    assert approve(desk, "other state", number, HUGE) == "first"
    run(desk, "UPDATE staff SET active = false WHERE code = 'S9'")
    assert approve(desk, "state in-charge", number, HUGE) == "first"


def test_two_second_approvals_at_once(desk: Desk) -> None:
    """One wins, the other hears it."""
    number = change(desk, HUGE)
    assert approve(desk, "cluster in-charge", number, HUGE) == "first"
    got = at_once(*(partial(approve, desk, who, number, HUGE) for who in ("state in-charge", "other state")))
    assert sorted(got) == ["in_process", "work.state"]
    assert len(desk.rows("SELECT 1 FROM request_event WHERE step = 'approve'")) == 2


def test_two_first_approvals_at_once_are_two(desk: Desk) -> None:
    number = change(desk, HUGE)
    both = ("cluster in-charge", "state in-charge")
    got = at_once(*(partial(approve, desk, who, number, HUGE) for who in both))
    assert sorted(got) == ["first", "in_process"]


def test_the_ones_who_can_be_second_are_told_and_see_it_in_their_list(desk: Desk) -> None:
    number = change(desk, LARGE)
    desk.play.deliver()
    approve(desk, "cluster in-charge", number, LARGE)
    told = desk.play.deliver()
    assert {phone for phone, _ in told} == {"+919800000030", "+919800000092"}
    reader = desk.play.services.database.reader
    staff = {who: desk.callers[who].staff for who in ("cluster in-charge", "state in-charge")}
    seen = {
        who: [task.first_id for task in lists.to_decide(reader, one.id, one.role, 9)]
        for who, one in staff.items()
        if one
    }
    first = staff["cluster in-charge"]
    assert seen == {"cluster in-charge": [], "state in-charge": [first.id if first else 0]}


def test_a_refund_above_the_limit_is_asked_for_approved_and_paid_out_once(desk: Desk) -> None:
    [(found,)] = desk.rows(f"SELECT id FROM connection WHERE number = '{NUMBER}'")
    here, paise = int(str(found)), LARGE
    desk.act("cluster in-charge", lambda doing: payments.take_cash(doing, here, paise, "deposit"))
    back = desk.act("cluster in-charge", lambda doing: deposits.give_back(doing, here, paise))
    assert back == "work.above"
    number = str(desk.act("cluster in-charge", lambda doing: money.ask_for_refund(doing, here, paise)))
    again = desk.act("cluster in-charge", lambda doing: money.ask_for_refund(doing, here, paise))
    assert again == "change.known"

    def pay(who: str) -> Moved | str:
        return desk.act(who, lambda doing: take_step(doing, number, Step.DONE, effect=effects.of(Step.DONE)))

    assert pay("cluster in-charge") == "work.state"
    assert approve(desk, "other cluster", number, paise) == "first"
    assert approve(desk, "state in-charge", number, paise) == "in_process"
    assert pay("other cluster") == "work.not_you"
    assert isinstance(pay("cluster in-charge"), Moved)
    assert pay("cluster in-charge") == "work.state"
    with desk.play.services.database.begin() as session:
        assert ledger.balance(session, "deposit", connection_id=here) == -100_00
    assert desk.rows("SELECT sum(amount_paise) FROM posting") == [(0,)]


def test_limits_of_an_organisation_are_its_own(desk: Desk) -> None:
    run(
        desk,
        "INSERT INTO approval_limit (organisation_id, role, limit_paise) "
        f"SELECT id, '{CLUSTER}', NULL FROM organisation UNION SELECT id, '{STATE}', 10000 FROM organisation",
    )
    run(desk, "UPDATE organisation SET second_from_paise = NULL")
    with desk.play.services.database.begin() as session:
        own = limits.of_plant(session, plant_of(desk))
    assert own.alone(CLUSTER, 10**9)
    assert own.alone(STATE, 100_00)
    assert not own.alone(STATE, 100_01)
    assert own.covers(STATE, 10**9)
    assert not own.alone("technician", 1)


def stand(desk: Desk, who: str, number: str, paise: int) -> str | None:
    """Why an approval would not count, as the talk hears it before it asks for a code."""
    me = desk.callers[who].staff
    assert me is not None
    reader = desk.play.services.database.reader
    return approvals.standing(reader, me, number, plant_of(desk), paise).why


def test_who_can_not_be_the_second_hears_it_before_any_code(desk: Desk) -> None:
    number = change(desk, LARGE)
    assert stand(desk, "cluster in-charge", number, LARGE) is None
    assert approve(desk, "cluster in-charge", number, LARGE) == "first"
    whys = [
        stand(desk, who, number, LARGE)
        for who in ("cluster in-charge", "other cluster", "state in-charge", "other state")
    ]
    assert whys == ["first_yours", "second_by", None, None]
    run(desk, f"UPDATE request SET paise = {HUGE} WHERE number = '{number}'")
    assert stand(desk, "cluster in-charge", number, HUGE) is None


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
