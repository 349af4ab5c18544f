"""Whoever asked has the last word, whatever it was: how they liked it, once, and that it is not right."""

from __future__ import annotations

import pytest

from core.clock import now
from core.work import complaints, effects, figures, own, packages, verdict
from core.work.machine import Moved, take_step
from core.work.rules import REOPEN_WITHIN, Step
from tests.core.work.desk import Desk, run
from tests.core.work.test_changes import connection, other_packages

ASHA = "+919800000001"
STARS = "FIXED"


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """Asha reads English, and her package is changed by hand."""
    run(desk, "UPDATE connection SET meter_driver = NULL, meter_id = NULL")
    desk.play.text(ASHA, "LANGUAGE ENGLISH")
    desk.play.deliver()
    return desk


def do(desk: Desk, who: str, number: str, step: Step) -> Moved | str:
    """A step of this moment, as what may be said of it is counted from the clock's now."""
    [(about,)] = desk.rows(f"SELECT paise FROM request WHERE number = '{number}'")
    paise = int(str(about)) if about is not None else None
    effect = effects.of(step)
    return desk.act(who, lambda doing: take_step(doing, number, step, paise=paise, effect=effect), now())


def wish(desk: Desk, who: str, code: str) -> str:
    here = connection(desk)
    return str(desk.act(who, lambda doing: packages.ask_for(doing, here, code), now()))


def steps(desk: Desk, number: str, *taken: tuple[str, Step]) -> None:
    for who, step in taken:
        assert isinstance(do(desk, who, number, step), Moved), (who, step)


def changed(desk: Desk) -> str:
    """A package change that is carried out and waits for its review."""
    number = wish(desk, "who asked", other_packages(desk)[0].code)
    steps(desk, number, ("cluster in-charge", Step.APPROVE), ("technician", Step.TAKE))
    desk.play.deliver()
    steps(desk, number, ("technician", Step.DONE))
    return number


def complaint(desk: Desk, *, named: bool, who: str = "who asked") -> str:
    plant = int(str(desk.rows("SELECT plant_id FROM connection WHERE number = '120457'")[0][0]))
    number = desk.act(who, lambda doing: complaints.complain_of_theft(doing, "hook", plant, named), now())
    return str(number)


def to_asha(desk: Desk) -> list[str]:
    return [words for phone, words in desk.play.deliver() if phone == ASHA]


def asks(words: str) -> bool:
    return STARS in words


def say(desk: Desk, line: str) -> str:
    """What Asha texts, and what she hears."""
    return " ".join(words for phone, words in hear(desk, ASHA, line) if phone == ASHA)


def hear(desk: Desk, phone: str, line: str) -> list[tuple[str, str]]:
    """All that is told to anybody after a text."""
    desk.play.deliver()
    desk.play.text(phone, line)
    return desk.play.deliver()


def rating(desk: Desk, number: str) -> object:
    return desk.rows(f"SELECT rating FROM request WHERE number = '{number}'")[0][0]


def state(desk: Desk, number: str) -> object:
    return desk.rows(f"SELECT state FROM request WHERE number = '{number}'")[0][0]


def test_a_package_change_says_who_comes_and_asks_once_how_it_was(desk: Desk) -> None:
    number = wish(desk, "who asked", other_packages(desk)[0].code)
    steps(desk, number, ("cluster in-charge", Step.APPROVE), ("technician", Step.TAKE))
    assert any("Ramesh Kumar" in words for words in to_asha(desk))
    steps(desk, number, ("technician", Step.DONE))
    [words] = to_asha(desk)
    assert asks(words)
    assert "CHANGE" in words
    steps(desk, number, ("cluster in-charge", Step.SENDBACK), ("technician", Step.DONE))
    assert [asks(words) for words in to_asha(desk)] == [False]
    steps(desk, number, ("cluster in-charge", Step.OK))
    assert to_asha(desk) == []


def test_stars_are_given_in_one_line_and_not_asked_for_again(desk: Desk) -> None:
    number = changed(desk)
    desk.play.deliver()
    assert "Thank you" in say(desk, "FIXED 4")
    assert rating(desk, number) == 4
    assert "Nothing of yours waits" in say(desk, "FIXED 5")
    assert rating(desk, number) == 4
    steps(desk, number, ("cluster in-charge", Step.SENDBACK), ("technician", Step.DONE))
    assert [asks(words) for words in to_asha(desk)] == [False]


def test_not_as_agreed_goes_back_before_the_review_and_after_it(desk: Desk) -> None:
    number = changed(desk)
    desk.play.deliver()
    assert number in say(desk, "STILL")
    assert state(desk, number) == "in_process"
    steps(desk, number, ("technician", Step.DONE), ("cluster in-charge", Step.OK))
    desk.play.deliver()
    assert "Open it again?" in say(desk, "STILL")
    heard = hear(desk, ASHA, "1")
    assert state(desk, number) == "in_process"
    assert any(phone == "+919800000002" for phone, _ in heard)
    steps(desk, number, ("technician", Step.TAKE), ("technician", Step.DONE))
    assert [asks(words) for words in to_asha(desk)] == [False, False]


def test_reopen_before_the_review_sends_it_back(desk: Desk) -> None:
    number = changed(desk)
    say(desk, "REOPEN")
    assert state(desk, number) == "in_process"


def test_an_older_change_does_not_come_back_over_a_newer_one(desk: Desk) -> None:
    first = changed(desk)
    steps(desk, first, ("cluster in-charge", Step.OK))
    second = wish(desk, "who asked", other_packages(desk)[0].code)
    assert do(desk, "who asked", first, Step.REOPEN) == "work.overtaken"
    steps(desk, second, ("cluster in-charge", Step.REJECT))
    assert isinstance(do(desk, "who asked", first, Step.REOPEN), Moved)


def test_after_three_days_it_is_asked_for_anew(desk: Desk) -> None:
    number = changed(desk)
    steps(desk, number, ("cluster in-charge", Step.OK))
    run(desk, f"UPDATE request SET closed_at = now() - interval '{REOPEN_WITHIN.days} days 1 minute'")
    assert (
        desk.act("who asked", lambda doing: take_step(doing, number, Step.REOPEN), now()) == "work.too_late"
    )
    reader = desk.play.services.database.reader
    assert own.unrated(reader, ASHA, [connection(desk)], 9) == []
    assert own.lately_closed(reader, ASHA, [connection(desk)], 9) == []


def test_a_complaint_with_a_name_hears_of_it_and_may_say_that_it_goes_on(desk: Desk) -> None:
    number = complaint(desk, named=True)
    desk.play.deliver()
    assert number in say(desk, "STATUS")
    steps(desk, number, ("technician", Step.START))
    [words] = to_asha(desk)
    assert number in words
    assert "Ramesh" not in words
    steps(desk, number, ("technician", Step.DONE))
    assert to_asha(desk) == []
    steps(desk, number, ("cluster in-charge", Step.OK))
    [words] = to_asha(desk)
    assert asks(words)
    assert "Thank you" in say(desk, "FIXED 5")
    assert rating(desk, number) == 5
    heard = hear(desk, ASHA, "REOPEN")
    assert state(desk, number) == "requested"
    assert any(phone == "+919800000003" for phone, _ in heard)


@pytest.mark.parametrize("step", [Step.OK, Step.REJECT])
def test_a_complaint_without_a_name_is_never_answered_or_asked(desk: Desk, step: Step) -> None:
    number = complaint(desk, named=False)
    desk.play.deliver()
    steps(desk, number, ("technician", Step.START))
    if step is Step.OK:
        steps(desk, number, ("technician", Step.DONE))
    steps(desk, number, ("cluster in-charge", step))
    assert to_asha(desk) == []
    assert "Nothing of yours waits" in say(desk, "FIXED")
    assert number not in say(desk, "STATUS")
    assert desk.act("who asked", lambda doing: verdict.rate(doing, number, 5), now()) == "work.none_yours"


def test_what_staff_have_seen_is_no_customers_to_rate(desk: Desk) -> None:
    number = complaint(desk, named=True, who="CSA")
    steps(desk, number, ("technician", Step.START), ("technician", Step.DONE), ("cluster in-charge", Step.OK))
    assert not any(asks(words) for _, words in desk.play.deliver())


def status_change(desk: Desk, to: complaints.Status) -> str:
    here = connection(desk)
    ask = desk.act(
        "cluster in-charge", lambda doing: complaints.ask_for_status(doing, here, to, "asked"), now()
    )
    steps(desk, str(ask), ("state in-charge", Step.APPROVE), ("technician", Step.DONE))
    return str(ask)


def test_a_connection_that_is_on_again_is_asked_about_one_that_is_off_for_good_is_not(desk: Desk) -> None:
    off = status_change(desk, "inactive")
    assert not any(asks(words) for words in to_asha(desk))
    assert do(desk, "who asked", off, Step.SENDBACK) == "work.not_you"
    steps(desk, off, ("state in-charge", Step.OK))
    assert do(desk, "who asked", off, Step.REOPEN) == "work.state"
    on = status_change(desk, "active")
    assert [asks(words) for words in to_asha(desk)][-1]
    assert on in say(desk, "STILL")
    assert state(desk, on) == "in_process"


def test_a_fault_that_others_close_is_asked_about_once(desk: Desk) -> None:
    number = desk.fault(at=now())
    steps(desk, number, ("technician", Step.DONE))
    assert not any("1 (bad)" in words for words in to_asha(desk))
    steps(desk, number, ("CSA", Step.OK))
    [words] = to_asha(desk)
    assert "1 (bad)" in words
    steps(desk, number, ("who asked", Step.REOPEN), ("technician", Step.DONE), ("CSA", Step.OK))
    assert not any("1 (bad)" in words for words in to_asha(desk))


def test_a_fault_that_waits_for_a_yes_comes_before_stars(desk: Desk) -> None:
    """The 1 that answers whether light is back is no choice among older things."""
    change = changed(desk)
    number = desk.fault(at=now())
    steps(desk, number, ("technician", Step.DONE))
    desk.play.deliver()
    assert number in say(desk, "1")
    assert state(desk, number) == "completed"
    assert "Thank you" in say(desk, "3")
    assert (rating(desk, number), rating(desk, change)) == (3, None)


def test_ratings_of_all_kinds_count_for_the_customer_and_the_plant(desk: Desk) -> None:
    number = changed(desk)
    steps(desk, number, ("cluster in-charge", Step.OK))
    desk.act("who asked", lambda doing: verdict.rate(doing, number, 4), now())
    reader = desk.play.services.database.reader
    health = figures.health(reader, connection(desk))
    assert (health.faults, health.stars, health.rated) == (0, 4.0, 1)
    member = desk.callers["cluster in-charge"].staff
    assert member is not None
    run(desk, "UPDATE request SET closed_at = now()")  # of this month, even where one has just ended
    [plant] = figures.report(reader, member.id, "month")
    assert (plant.rating, plant.rated) == (4.0, 1)
    heard = hear(desk, "+919800000003", "CUST 120457")
    assert any("4 of 5" in words or "5 में से 4" in words or "5 mein se 4" in words for _, words in heard)


def test_stars_are_found_in_what_else_is_said(desk: Desk) -> None:
    number = changed(desk)
    desk.play.deliver()
    assert "how was it" in say(desk, "fixed thanks a lot")
    assert "Thank you" in say(desk, "3")
    assert rating(desk, number) == 3


def test_a_figure_alone_is_how_they_liked_it_and_closes_nothing(desk: Desk) -> None:
    fault = desk.fault(at=now())
    steps(desk, fault, ("technician", Step.DONE))
    say(desk, "5")
    assert state(desk, fault) == "review"
    number = changed(desk)
    say(desk, "5")
    assert rating(desk, number) == 5
