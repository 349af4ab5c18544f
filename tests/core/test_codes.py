"""One-time codes against forged senders: bound to person, act and amount, used once, for ten minutes."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text

from core import codes
from core.doing import Doing
from core.text import say
from tests.core.work.desk import AT, Desk
from tests.play import Play
from tests.together import at_once

CHARGE, STATE, ASHA = "+919800000003", "+919800000030", "+919800000001"
ACT = "approve:10006:40000"
CODE = re.compile(r"\b[0-9]{6}\b")


@pytest.fixture
def desk(play: Play) -> Desk:
    return Desk(play)


def send(desk: Desk, who: str = "cluster in-charge", purpose: str = ACT, minutes: int = 0) -> str:
    """Ask for a code; gives it, or `too many`."""
    phone, at = desk.callers[who].phone, AT + timedelta(minutes=minutes)
    sent = desk.act(who, lambda doing: codes.send_code(doing, phone, purpose, say("pin.act")), at)
    if sent is not True:
        return "too many"
    [(body,)] = desk.rows("SELECT body FROM outbox WHERE kind = 'code' ORDER BY id DESC LIMIT 1")
    return str(CODE.findall(str(body))[0])


def attempt(
    desk: Desk, code: str, who: str = "cluster in-charge", purpose: str = ACT, minutes: int = 0
) -> str:
    def put(doing: Doing) -> str:
        return codes.try_code(doing, code, purpose)

    return desk.act(who, put, AT + timedelta(minutes=minutes))


def other(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_a_code_works_once(desk: Desk) -> None:
    code = send(desk)
    assert attempt(desk, code) == "right"
    assert attempt(desk, code) == "dead"


def test_two_who_use_it_at_once_use_it_once(desk: Desk) -> None:
    code = send(desk)
    assert sorted(at_once(*[partial(attempt, desk, code)] * 2)) == ["dead", "right"]


def test_asked_for_at_the_same_moment_there_are_no_more_of_them(desk: Desk) -> None:
    """Forged senders who link one phone at once: it is written to as often as if they had taken turns."""
    victim, askers = desk.callers["who asked"].phone, ["technician", "CSA", "operator", "nobody"] * 2

    def ask(who: str) -> bool:
        return desk.act(who, lambda doing: codes.send_code(doing, victim, "link:1")) is True

    assert sum(at_once(*(partial(ask, who) for who in askers))) == codes.PER_HOUR


def test_a_late_one_is_dead(desk: Desk) -> None:
    code = send(desk)
    assert attempt(desk, code, minutes=10) == "dead"


@pytest.mark.parametrize(
    "purpose", ["approve:10014:40000", "approve:10006:50000", "reject:10006:40000", "refund:120457:40000"]
)
def test_for_another_request_amount_or_act_it_opens_nothing(desk: Desk, purpose: str) -> None:
    code = send(desk)
    assert attempt(desk, code, purpose=purpose) == "dead"
    send(desk, purpose=purpose)
    assert attempt(desk, code, purpose=purpose) == "wrong"
    assert attempt(desk, code) == "right"


def test_in_another_hand_it_opens_nothing(desk: Desk) -> None:
    code = send(desk)
    assert attempt(desk, code, who="state in-charge") == "dead"
    send(desk, who="state in-charge")
    assert attempt(desk, code, who="state in-charge") == "wrong"


def test_five_wrong_tries_end_it_and_a_new_one_is_the_way_back(desk: Desk) -> None:
    code = send(desk)
    assert [attempt(desk, other(code)) for _ in range(5)] == ["wrong"] * 4 + ["dead"]
    assert attempt(desk, code) == "dead"
    assert attempt(desk, send(desk)) == "right"


def test_only_the_newest_of_an_act_holds(desk: Desk) -> None:
    old, new = send(desk), send(desk)
    if old != new:
        assert attempt(desk, old) == "wrong"
    assert attempt(desk, new) == "right"


def test_so_many_an_hour_and_after_the_hour_again(desk: Desk) -> None:
    sent = [send(desk, purpose=f"approve:{number}:0") for number in range(codes.PER_HOUR_STAFF + 1)]
    assert "too many" not in sent[:-1]
    assert sent[-1] == "too many"
    assert send(desk, minutes=61) != "too many"
    asked = [send(desk, "who asked", f"payoff:{number}:0") for number in range(codes.PER_HOUR + 1)]
    assert asked[-1] == "too many"


def test_no_code_is_kept_in_the_clear(desk: Desk) -> None:
    code = send(desk)
    with desk.play.services.database.begin() as session:
        rows = session.execute(text("SELECT one_time_code::text FROM one_time_code")).scalars().all()
    assert code not in " ".join(rows)


def state_of(play: Play) -> str:
    return str(play.scalar("SELECT state FROM request WHERE kind = 'package_change'"))


def wish(play: Play) -> None:
    """Asha asks for another package: request 10006, Rs 400."""
    play.text(ASHA, "LANGUAGE 1")
    for words in ("CHANGE", "1", "1", "1"):
        play.text(ASHA, words)
    assert state_of(play) == "requested"
    play.deliver()


@pytest.mark.parametrize(
    "lines",
    [
        ("APPROVE 10006",),
        ("APPROVE 10006", "1", "yes", "APPROVE 10006 1", "OK 10006"),
        ("APPROVE 10006 123456",),
        ("REJECT 10006 not wanted", "REJECT 10006 not wanted"),
        *(("APPROVE 10006", guess) for guess in ("000000", "123456", "111111")),
    ],
)
def test_a_forged_sender_who_can_not_read_our_reply_approves_nothing(
    play: Play, lines: tuple[str, ...]
) -> None:
    """Whoever forges the in-charge's number sees no code; it goes to the real phone, which hears what for."""
    wish(play)
    for line in lines:
        play.text(CHARGE, line)
    assert state_of(play) == "requested"
    told = [words for phone, words in play.deliver() if phone == CHARGE and "is the code for" in words]
    assert told
    assert all("10006" in words and "Rs 400" in words for words in told)
    assert play.scalar("SELECT count(*) FROM request_event WHERE step IN ('approve', 'reject')") == 0


def test_a_code_for_one_request_does_not_approve_another_and_a_replay_does_nothing_more(play: Play) -> None:
    wish(play)
    play.text(CHARGE, "APPROVE 10006")
    code = next(CODE.findall(words)[0] for _, words in play.deliver() if "is the code for" in words)
    play.text(STATE, f"APPROVE 10006 {code}")
    play.text(STATE, code)
    assert state_of(play) == "requested"
    play.text(CHARGE, code, "sms-code")
    assert state_of(play) == "in_process"
    play.text(CHARGE, code, "sms-code")
    play.text(CHARGE, code)
    assert play.scalar("SELECT count(*) FROM request_event WHERE step = 'approve'") == 1
