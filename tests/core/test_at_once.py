"""The same wish twice at the very same moment: from two phones of one home, or two webhooks of one phone."""

from __future__ import annotations

from functools import partial

from channels.app import create_app
from core.work import progress
from tests.core.work.desk import Desk
from tests.play import Play
from tests.together import at_once

GEETA, HER_SON = "+919800000005", "+919800000006"


def texted(play: Play, phone: str, id_: str, words: str) -> int:
    """Text by a web process of its own; gives the status."""
    form = {"id": id_, "from": phone, "to": "56161", "text": words, "date": "2026-11-21"}
    client = create_app(play.settings, play.services).test_client()
    return client.post(f"/sms/africastalking/{play.secret}", data=form).status_code


def test_two_phones_of_a_home_tell_the_same_fault(play: Play) -> None:
    for phone in (GEETA, HER_SON):
        play.text(phone, "LANGUAGE ENGLISH")
    play.deliver()
    tell = [partial(texted, play, phone, f"at once {phone}", "FAULT 4 it hums") for phone in (GEETA, HER_SON)]
    assert at_once(*tell) == [200, 200]
    assert play.scalar("SELECT count(*) FROM request") == 1
    number = str(play.scalar("SELECT number FROM request"))
    told = [words for phone, words in play.deliver() if phone in (GEETA, HER_SON)]
    assert len(told) == 2
    assert all(number in words for words in told)


def test_a_wish_for_a_connection_is_noted_once(play: Play) -> None:
    desk = Desk(play)

    def ask() -> tuple[str, bool]:
        with play.services.database.begin() as session:
            return progress.ask(desk.doing(session, "nobody"), "Ram Prasad", "Rampur", "RAMPUR")

    got = at_once(*[ask] * 4)
    assert len({number for number, _ in got}) == 1
    assert sorted(new for _, new in got) == [False, False, False, True]
