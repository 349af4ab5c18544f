"""Limits of approval: the first and the second of two, who they are, what undoes the first, two at once."""

from __future__ import annotations

from functools import partial

import pytest

from core import audit, deposits, ledger, limits, payments
from core.work import approvals, effects, lists, money
from core.work.machine import Moved, take_step
from core.work.raising import raise_request
from core.work.rules import CLUSTER, STATE, Kind, Step
from tests.core.work.desk import Desk, more_in_charge, run
from tests.core.work.test_machine import plant_of
from tests.together import at_once

HUGE = 20_000_00
LARGE = 5_000_01
NUMBER = "120465"
"""Owes nothing; Rs 100 are held."""


@pytest.fixture
def desk(desk: Desk) -> Desk:
    return more_in_charge(desk)


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
    run(desk, "UPDATE staff SET listed = false WHERE code = 'S9'")
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
