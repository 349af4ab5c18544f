"""Many at once on a real server: everybody gets what is theirs, and every effect happens once."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from types import FrameType

import pytest

from channels.places import Place
from conversations.replay import Memory
from core.people import Caller
from tests.chaos import town
from tests.chaos.rig import Line, Service
from tests.play import Play
from tests.together import at_once

AT_ONCE = 16
TWINS = 50


def money(rupees: int) -> str:
    """As the service writes it: 1,08,000."""
    text = str(rupees)
    return text if len(text) < 4 else f"{text[:-3]},{text[-3:]}"


def test_hundreds_of_talks_never_see_each_other(service: Service) -> None:
    """Each connection carries many callers, all in mid-talk at the same time."""
    houses = town.houses()

    def talk(share: Sequence[town.House]) -> list[str]:
        wrong = []
        with closing(Line(service)) as line:
            for text, owner in (("", ""), ("3", ""), ("3*0", ""), ("3*0*1", "balance")):
                for house in share:
                    screen = line.dial(f"s-{house.phone}", house.phone, text)
                    if owner and not _is_own(screen, house):
                        wrong.append(f"{house}: {screen}")
            for house in share:
                line.text(f"m-{house.phone}", house.phone, "BAL")
        return wrong

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(talk, [houses[i::AT_ONCE] for i in range(AT_ONCE)]))
    assert not [each for wrong in found for each in wrong]
    replies = {
        str(phone): str(body)
        for phone, body in service.sql("SELECT recipient, body FROM outbox WHERE kind = 'reply'")
    }
    assert len(replies) == len(houses)
    assert not [house for house in houses if not _is_own(replies[house.phone], house)]


def _is_own(words: str, house: town.House) -> bool:
    return house.number in words and money(house.rupees) in words


def test_two_identical_requests_at_once_have_one_effect_and_one_answer(service: Service) -> None:
    """By USSD and by SMS, fifty times each."""
    collector = town.collectors()[0]
    with closing(Line(service)) as line, closing(Line(service)) as twin:
        both = (line, twin)
        for i, house in enumerate(town.houses()[:TWINS]):
            steps = ["1", house.number, str(10 + i)]
            for end in range(len(steps) + 1):
                line.dial(f"t{i}", collector, "*".join(steps[:end]))
            yes = "*".join([*steps, "1"])
            first, second = at_once(*[partial(by.dial, f"t{i}", collector, yes) for by in both])
            assert first == second
            assert first.startswith("END ")
            assert house.number in first
            at_once(*[partial(by.text, f"t{i}", collector, f"PAY {house.number} 5") for by in both])
    assert service.sql("SELECT count(*), count(DISTINCT connection_id) FROM payment") == [(2 * TWINS, TWINS)]
    assert service.sql("SELECT kind, count(*) FROM outbox GROUP BY kind ORDER BY kind") == [
        ("receipt", 2 * TWINS),
        ("reply", TWINS),
    ]
    assert service.sql("SELECT sum(balance_paise) FROM account") == [(0,)]


def test_two_texts_that_answer_one_question_at_once_have_one_effect(service: Service) -> None:
    """A slip in the command makes it ask first; then the yes comes twice, in two texts."""
    with closing(Line(service)) as line, closing(Line(service)) as twin:
        for i, house in enumerate(town.houses()[:20]):
            collector = town.collectors()[i % town.COLLECTORS]
            line.text(f"slip-{i}", collector, f"PYA {house.number} 40")
            yes = [partial(by.text, f"yes-{n}-{i}", collector, "1") for n, by in enumerate((line, twin))]
            at_once(*yes)
    assert service.sql("SELECT count(*), count(DISTINCT connection_id) FROM payment") == [(20, 20)]
    assert service.sql("SELECT count(*) FROM outbox WHERE kind = 'receipt'") == [(20,)]
    assert service.sql("SELECT count(*) FROM inbound WHERE handled_at IS NULL") == [(0,)]


class Alarm(Exception):
    """What RQ raises in the middle of a job that takes too long."""


def test_an_answer_that_came_too_late_is_not_read_by_the_next_caller(play: Play) -> None:
    places = play.services.places
    for phone in ("+919800000001", "+919800000005"):
        caller = Caller(phone, "en", (), None)
        places.save("sms", phone, b"", Place(phone, "menu", caller, Memory(), "en"), 60)

    def ring(number: int, frame: FrameType | None) -> None:
        raise Alarm

    before = signal.signal(signal.SIGALRM, ring)
    try:
        play.services.redis.client_pause(400)
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(Alarm):
            places.load("sms", "+919800000001")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    found = places.load("sms", "+919800000005").place
    assert found is not None
    assert found.caller.phone == "+919800000005"
