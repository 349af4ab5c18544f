"""Free text may hold the `*` that the gateway parts inputs with."""

from __future__ import annotations

from tests.play import Play

ASHA = "+919800000001"
NOTE = "SELECT note FROM request_event ORDER BY id DESC LIMIT 1"
REQUESTS = "SELECT count(*) FROM request"


def test_a_star_in_free_text_is_part_of_it(play: Play) -> None:
    handset = play.dial(ASHA, "1", "3", "2")
    handset.press("light * gone since 6 * all houses")
    assert handset.ended
    assert play.scalar(NOTE) == "light * gone since 6 * all houses"


def test_the_gateways_repeat_after_a_loss_hears_the_same_and_opens_nothing(play: Play) -> None:
    handset = play.dial(ASHA, "1", "3", "2")
    first = handset.press("dark * since 6")
    play.services.redis.flushall()
    assert handset.send() == first
    assert play.scalar(REQUESTS) == 1


def test_an_answer_with_a_star_where_a_number_is_asked_is_two_answers(play: Play) -> None:
    handset = play.dial("+919800000002", "1")
    assert "Rs 300" in handset.press("120457*300")
    assert not handset.ended
