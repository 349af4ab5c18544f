"""The customer's code closes a fault in the hands of who finished it, for this finishing and nothing else."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import partial

from core import codes
from core.codes import TRIES
from core.text import say
from core.work.machine import Moved, take_step
from core.work.rules import WAITS, Step
from tests.core.work.desk import AT, Desk, run
from tests.together import at_once

ASHA = "+919800000001"
CODE = re.compile(r"\b[0-9]{6}\b")


def finished(desk: Desk, who: str = "technician", at: datetime = AT) -> tuple[str, str]:
    """A fault that somebody has finished, and the code that its customer got."""
    number = desk.fault()
    assert isinstance(desk.step(who, number, Step.DONE, at), Moved)
    return number, code_of(desk)


def code_of(desk: Desk) -> str:
    rows = desk.rows("SELECT body, recipient FROM outbox WHERE kind = 'mended' ORDER BY id DESC LIMIT 1")
    [(body, phone)] = rows
    assert phone == ASHA
    return str(CODE.findall(str(body))[0])


def put(desk: Desk, who: str, number: str, code: str, at: datetime = AT) -> str:
    """Type a code; gives the state, `wrong`, `dead`, or the key of the refusal."""
    moved = desk.act(who, lambda doing: take_step(doing, number, Step.CODE, code=code), at)
    return moved if isinstance(moved, str) else moved.code or moved.state


def other(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_it_closes_the_fault_and_the_customer_hears_by_whom(desk: Desk) -> None:
    number, code = finished(desk)
    desk.play.deliver()
    assert put(desk, "technician", number, code) == "completed"
    [(phone, words)] = desk.play.deliver()
    assert phone == ASHA
    assert number in words
    assert "Ramesh Kumar" in words
    [(step, staff)] = desk.rows(
        "SELECT step, staff.code FROM request_event JOIN staff ON staff.id = staff_id "
        "ORDER BY request_event.id DESC LIMIT 1"
    )
    assert (step, staff) == ("code", "T1")
    [(about,)] = desk.rows("SELECT count(*) FROM audit WHERE action = 'request.code'")
    assert about == 1


def test_it_is_kept_as_a_hash_only(desk: Desk) -> None:
    _, code = finished(desk)
    [row] = desk.rows("SELECT one_time_code::text FROM one_time_code")
    assert code not in str(row[0])


def test_in_another_hand_it_opens_nothing(desk: Desk) -> None:
    number, code = finished(desk)
    for who in ("other technician", "CSA", "cluster in-charge", "who asked"):
        assert put(desk, who, number, code) in ("work.code_not_yours", "work.not_you"), who
    assert put(desk, "technician elsewhere", number, code) == "work.none"
    assert put(desk, "technician", number, code) == "completed"


def test_the_code_of_another_request_opens_nothing(desk: Desk) -> None:
    first, code = finished(desk)
    second, _ = finished(desk)
    assert put(desk, "technician", second, code) == "wrong"
    assert put(desk, "technician", first, code) == "completed"


def test_a_few_wrong_ones_lock_it_and_the_customers_yes_stays_open(desk: Desk) -> None:
    number, code = finished(desk)
    tries = [put(desk, "technician", number, other(code)) for _ in range(TRIES)]
    assert tries == ["wrong"] * (TRIES - 1) + ["dead"]
    assert put(desk, "technician", number, code) == "dead"
    moved = desk.step("who asked", number, Step.OK)
    assert isinstance(moved, Moved)
    assert moved.state == "completed"


def test_it_is_gone_when_the_fault_comes_back(desk: Desk) -> None:
    number, code = finished(desk)
    desk.step("who asked", number, Step.SENDBACK)
    assert put(desk, "technician", number, code) == "work.state"
    desk.step("technician", number, Step.DONE, AT + timedelta(minutes=5))
    newer = code_of(desk)
    if newer != code:
        assert put(desk, "technician", number, code) == "wrong"
    assert put(desk, "technician", number, newer, AT + timedelta(minutes=6)) == "completed"


def test_it_holds_as_long_as_the_fault_waits_for_a_yes(desk: Desk) -> None:
    number, code = finished(desk)
    late = AT + WAITS["review"]
    assert put(desk, "technician", number, code, late) == "dead"
    assert put(desk, "technician", number, code, late - timedelta(seconds=1)) == "completed"


def test_used_twice_at_once_it_closes_once(desk: Desk) -> None:
    number, code = finished(desk)
    got = at_once(*[partial(put, desk, "technician", number, code)] * 2)
    assert sorted(got) == ["completed", "work.state"]


def test_a_code_against_the_customers_no(desk: Desk) -> None:
    """One wins, the other hears it: closed and to be reopened, or sent back and the code gone."""
    number, code = finished(desk)

    def no() -> str:
        moved = desk.step("who asked", number, Step.SENDBACK)
        return moved if isinstance(moved, str) else moved.state

    got = at_once(partial(put, desk, "technician", number, code), no)
    assert got in (["completed", "work.state"], ["work.state", "in_process"])


def test_without_a_phone_there_is_no_code_and_a_csa_says_yes(desk: Desk) -> None:
    number = desk.fault("CSA")
    run(desk, "DELETE FROM connection_phone")
    moved = desk.step("technician", number, Step.DONE)
    assert isinstance(moved, Moved)
    assert not moved.told
    assert desk.rows("SELECT count(*) FROM one_time_code") == [(0,)]
    assert put(desk, "technician", number, "123456") == "dead"
    assert desk.step("CSA", number, Step.OK) == "work.own"
    assert isinstance(desk.step("cluster in-charge", number, Step.OK), Moved)


def test_many_finished_faults_leave_who_works_the_codes_of_the_hour(desk: Desk) -> None:
    for _ in range(codes.PER_HOUR_STAFF + 1):
        finished(desk)
    sent = desk.act(
        "technician", lambda doing: codes.send_code(doing, doing.caller.phone, "act", say("pin.act"))
    )
    assert sent is True
