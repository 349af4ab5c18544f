"""USSD steps that are repeated, lost and late: the same bytes, one effect, and the talk goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tests.chaos.walks import COLLECTOR, CUSTOMER, WALKS, Walk, again, effects, press
from tests.conftest import Servers, demo_settings, fresh_database
from tests.play import Handset, Play

NOWHERE = "unix:///nowhere/valkey.sock"


def test_a_repeat_of_any_step_gets_the_same_bytes_and_changes_nothing(play: Play) -> None:
    for name, walk in WALKS.items():
        phone = walk.on(play, name)
        for key in walk.presses:
            first = press(play, phone, key)
            before = effects(play)
            assert again(phone) == first, name
            play.services.redis.flushall()
            assert again(phone) == first, f"{name}: after Redis was emptied"
            assert again(phone) == first, name
            assert effects(play) == before, name


def test_every_talk_goes_on_from_the_request_alone(servers: Servers, world_template: str, play: Play) -> None:
    """Redis is emptied before every step in one service, and away all the time in another."""
    wanted = {name: [press(play, phone, key) for key in walk.presses] for name, walk, phone in _all(play)}
    with another(servers, world_template, servers.redis_url) as emptied:
        for name, walk, phone in _all(emptied):
            assert _emptied_before_every_step(emptied, walk, phone, wanted[name]) == walk.yes, name
        assert effects(emptied) == effects(play)
    with another(servers, world_template, NOWHERE) as away:
        for name, walk, phone in _all(away):
            assert [press(away, phone, key) for key in walk.presses] == wanted[name], name
            assert again(phone) == wanted[name][-1], name
        assert effects(away) == effects(play)


def _all(play: Play) -> Iterator[tuple[str, Walk, Handset]]:
    for name, walk in WALKS.items():
        yield name, walk, walk.on(play, name)


def _emptied_before_every_step(play: Play, walk: Walk, phone: Handset, wanted: list[str]) -> int:
    """Walk and compare; gives how often the same question was asked again before it went on."""
    asked_again, before = 0, ""
    for key, screen in zip(walk.presses, wanted, strict=True):
        play.services.redis.flushall()
        seen = press(play, phone, key)
        if seen != screen:
            asked_again += 1
            assert seen == before, "neither the next screen nor the same question again"
            seen = press(play, phone, key)
        assert seen == screen
        before = screen
    return asked_again


@contextmanager
def another(servers: Servers, world_template: str, redis_url: str) -> Iterator[Play]:
    """A second service in the same small world, in a database of its own."""
    with fresh_database(servers, world_template) as url:
        settings = replace(demo_settings(servers, url), redis_url=redis_url, sms_rate=10_000)
        made = Play(settings)
        if redis_url == servers.redis_url:
            made.services.redis.flushall()
        try:
            yield made
        finally:
            made.close()


def test_a_balance_screen_is_repeated_as_it_was_though_a_payment_came_between(play: Play) -> None:
    phone = play.dial(CUSTOMER, "1", "1")
    seen = phone.screen
    play.text(COLLECTOR, "PAY 120457 100")
    assert phone.send() == seen
    assert play.dial(CUSTOMER, "1").screen != seen


def test_no_holds_although_its_question_was_lost_twice(play: Play) -> None:
    phone = play.dial(COLLECTOR, "1", "120457", "300")
    question = phone.screen
    play.services.redis.flushall()
    assert phone.press("1") == question
    play.services.redis.flushall()
    phone.press("2")
    assert phone.ended
    assert play.scalar("SELECT count(*) FROM payment") == 0


def test_a_yes_that_is_lost_each_time_moves_nothing(play: Play) -> None:
    phone = play.dial(COLLECTOR, "1", "120457", "300")
    for _ in range(3):
        play.services.redis.flushall()
        phone.press("1")
        assert not phone.ended
    assert play.scalar("SELECT count(*) FROM payment") == 0
    phone.press("1")
    assert play.scalar("SELECT count(*) FROM payment") == 1


def test_without_redis_a_yes_to_another_payment_undoes_nothing(
    servers: Servers, world_template: str, play: Play
) -> None:
    with another(servers, world_template, NOWHERE) as away:
        away.text(COLLECTOR, "PAY 120457 100")
        phone = away.dial(COLLECTOR, "2")
        assert "100" in phone.screen
        away.text(COLLECTOR, "PAY 120465 250")
        assert "250" in phone.press("1")
        assert not phone.ended
        assert away.scalar("SELECT count(*) FROM payment WHERE reversal_id IS NOT NULL") == 0
        phone.press("1")
        assert away.scalar("SELECT amount_paise FROM payment WHERE reversal_id IS NOT NULL") == 250_00


def test_several_answers_in_one_go_do_not_say_yes(play: Play) -> None:
    phone = play.dial(COLLECTOR, "1*120457*300*1")
    assert not phone.ended
    assert play.scalar("SELECT count(*) FROM payment") == 0
    other = play.dial(COLLECTOR, "1", "120457*300*1")
    assert other.screen == phone.screen
    assert not other.ended
    other.press("1")
    assert play.scalar("SELECT count(*) FROM payment") == 1


def test_a_late_repeat_of_an_earlier_step_does_not_move_the_talk(play: Play) -> None:
    phone = play.dial(CUSTOMER, "2")
    menu = phone.screen
    phone.press("3")
    kinds = phone.screen
    for text, screen in (("2", menu), ("", None), ("2*3", kinds)):
        phone.text = text
        shown = phone.send()
        assert screen is None or shown == screen
    phone.press("2")
    phone.press("1")
    assert phone.ended
    assert play.scalar("SELECT topic FROM request") == "no_power"


def test_a_killed_hop_is_repeated_with_its_effect(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies after the commit and before the place is written: the worst moment."""
    phone = play.dial(COLLECTOR, "1", "120457", "300")
    died = pytest.raises(SystemExit)
    with monkeypatch.context() as patch:
        patch.setattr(type(play.services.places), "leave", _die)
        phone.text += "*1"
        with died:
            phone.send()
    assert "120457" in phone.send()
    assert phone.ended
    assert play.scalar("SELECT count(*) FROM payment") == 1


def _die(*_: object) -> bool:
    raise SystemExit
