"""Notes of customers: who reads them, who may answer, what comes back, when they end."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text

from core.alerts import stop_texting
from core.clock import now
from core.inbox import MOST_AN_HOUR, QUIET, answering, sweep, view, writing
from core.inbox.writing import Written
from core.work import away
from tests.core.work.desk import AT, Desk
from tests.together import at_once

ASHA, CSA, IN_CHARGE, STATE = "+919800000001", "+919800000032", "+919800000003", "+919800000030"
WORDS = "when will the new lines reach our lane"


def write(desk: Desk, words: str = WORDS, who: str = "who asked") -> Written | str:
    return desk.act(who, lambda doing: writing.write(doing, words))


def answer(desk: Desk, who: str, number: str = "107", words: str = "in May") -> object:
    return desk.act(who, lambda doing: answering.answer(doing, number, words))


def told(desk: Desk) -> set[str]:
    return {phone for phone, _ in desk.play.deliver()}


def change(desk: Desk, sql: str) -> None:
    with desk.play.services.database.begin() as session:
        session.execute(text(sql))


def test_a_note_goes_to_the_csa_and_the_answer_back(desk: Desk) -> None:
    assert write(desk) == Written("107", True)
    assert told(desk) == {CSA}
    assert answer(desk, "CSA") is None
    [(phone, words)] = desk.play.deliver()
    assert phone == ASHA
    assert "in May" in words


def test_without_a_csa_it_goes_to_the_cluster_and_without_one_to_the_state(desk: Desk) -> None:
    change(desk, "UPDATE staff SET listed = false WHERE role = 'csa'")
    write(desk)
    assert told(desk) == {IN_CHARGE}
    change(desk, "UPDATE staff SET phone = NULL WHERE role = 'cluster_in_charge'")
    write(desk, "is anybody there")
    assert told(desk) == {STATE}
    change(desk, "UPDATE staff SET listed = false WHERE role = 'state_in_charge'")
    assert write(desk, "nobody at all") == "note.nobody"


def test_who_is_away_has_a_stand_in_who_may_answer(desk: Desk) -> None:
    technician = desk.callers["technician"].staff
    assert technician is not None
    assert answer(desk, "technician") == "note.unknown"
    desk.act("CSA", lambda doing: away.leave(doing, 2, technician.id))
    write(desk)
    assert told(desk) == {"+919800000002"}
    assert answer(desk, "technician") is None


@pytest.mark.parametrize("who", ["operator", "technician", "technician elsewhere", "who asked", "nobody"])
def test_nobody_else_answers_or_ends(desk: Desk, who: str) -> None:
    write(desk)
    assert answer(desk, who) == "note.unknown"
    assert desk.act(who, lambda doing: answering.end(doing, "107")) == "note.unknown"


def test_further_words_go_to_the_same_note_and_to_who_has_answered(desk: Desk) -> None:
    write(desk)
    answer(desk, "cluster in-charge")
    told(desk)
    assert write(desk, "and on what day") == Written("107", False)
    assert told(desk) == {IN_CHARGE}


def test_the_same_words_are_passed_on_once(desk: Desk) -> None:
    write(desk)
    told(desk)
    assert write(desk, WORDS.upper()) == Written("107", False, known=True)
    assert told(desk) == set()


def test_so_many_an_hour_and_no_more(desk: Desk) -> None:
    for number in range(MOST_AN_HOUR):
        assert isinstance(write(desk, f"text {number}"), Written)
    assert write(desk, "one more") == "note.enough"


def test_two_texts_at_once_are_one_note(desk: Desk) -> None:
    got = at_once(partial(write, desk, "first text"), partial(write, desk, "second text"))
    assert sorted(one.new for one in got if isinstance(one, Written)) == [False, True]
    assert desk.rows("SELECT count(*) FROM note") == [(1,)]


def test_two_who_answer_at_once(desk: Desk) -> None:
    write(desk)
    got = at_once(partial(answer, desk, "CSA"), partial(answer, desk, "cluster in-charge"))
    assert sorted(got, key=str) == [None, "note.answered"]


def test_an_answer_to_a_phone_that_takes_no_messages_is_not_kept(desk: Desk) -> None:
    write(desk)
    with desk.play.services.database.begin() as session:
        stop_texting(session, ASHA, "blocked", default_language="en")
    assert answer(desk, "CSA") == "note.unreachable"
    assert desk.rows("SELECT count(*) FROM note_line") == [(1,)]


def test_thanks_close_what_was_answered_only(desk: Desk) -> None:
    write(desk)
    assert desk.act("who asked", writing.thank) is None
    answer(desk, "CSA")
    assert desk.act("who asked", writing.thank) == "107"
    assert answer(desk, "CSA") == "note.over"
    assert write(desk, "one more thing") == Written("115", True)


def test_quiet_ends_an_answered_note_and_never_a_waiting_one(desk: Desk) -> None:
    database = desk.play.services.database
    write(desk)
    change(desk, f"UPDATE note SET last_at = now() - interval '{QUIET.days + 2} days'")
    assert sweep.close_quiet(database) == 0
    answer(desk, "CSA")
    change(desk, f"UPDATE note SET last_at = now() - interval '{QUIET.days} days' + interval '1 minute'")
    assert sweep.close_quiet(database) == 0
    change(desk, f"UPDATE note SET last_at = now() - interval '{QUIET.days} days' - interval '1 minute'")
    assert sweep.close_quiet(database) == 1


def test_what_waits_too_long_goes_up_to_the_cluster_then_to_the_state(desk: Desk) -> None:
    database = desk.play.services.database
    write(desk)
    told(desk)
    heard = []
    for _ in range(2):
        change(desk, "UPDATE note SET goes_up_at = now() - interval '1 minute'")
        assert sweep.go_up(database, "en") == 1
        assert sweep.go_up(database, "en") == 0
        heard.append(told(desk))
    assert heard == [{IN_CHARGE}, {STATE}]
    answer(desk, "CSA")
    assert desk.rows("SELECT goes_up_at, level FROM note") == [(None, 0)]


def test_a_note_of_the_evening_goes_up_in_the_morning(desk: Desk) -> None:
    evening = AT.replace(hour=14)  # 19:30 in India
    desk.act("who asked", lambda doing: writing.write(doing, WORDS), evening)
    [(up,)] = desk.rows("SELECT goes_up_at FROM note")
    assert str(up).startswith("2026-11-22 02:30")


def test_somebody_who_waits_for_a_connection_writes_to_its_plant(desk: Desk) -> None:
    assert write(desk, who="nobody") == "note.nobody"
    change(
        desk,
        "INSERT INTO request (number, kind, plant_id, phone, details, channel, source, created_at) "
        "SELECT '10006', 'new_connection', id, '+919800000009', '{\"name\": \"Ram\"}', 'sms', 'x', now() "
        "FROM plant WHERE code = 'RAMPUR'",
    )
    assert view.standing(desk.play.services.database.reader, "+919800000009") == view.Standing(False, True)
    assert write(desk, who="nobody") == Written("107", True)
    assert told(desk) == {CSA}


def test_the_list_shows_who_waits_longest_first_and_only_ones_own(desk: Desk) -> None:
    reader = desk.play.services.database.reader
    change(
        desk,
        "INSERT INTO connection_phone (connection_id, e164, role) SELECT id, '+919800000031', 'payer' "
        "FROM connection WHERE number = '120465'",
    )
    desk.act("who asked", lambda doing: writing.write(doing, WORDS), now())
    desk.act("operator", lambda doing: writing.write(doing, WORDS), now() - timedelta(minutes=5))
    csa, elsewhere = desk.callers["CSA"].staff, desk.callers["technician elsewhere"].staff
    assert csa is not None
    assert elsewhere is not None
    assert [note.name for note in view.open_notes(reader, csa.id, 9)] == ["Mohan Lal", "Asha Devi"]
    assert view.open_notes(reader, elsewhere.id, 9) == []
