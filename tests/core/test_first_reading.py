"""A meter of which nothing is known yet: what its package makes likely, and what is asked about."""

from __future__ import annotations

import pytest

from tests.play import Play

COLLECTOR = "+919800000002"


def own(play: Play, line: str) -> str:
    play.text(COLLECTOR, line)
    return " ".join(words for phone, words in play.deliver() if phone == COLLECTOR)


def noted(play: Play) -> int:
    return int(str(play.scalar("SELECT count(*) FROM reading WHERE source = 'staff'")))


@pytest.fixture
def play(play: Play) -> Play:
    own(play, "LANGUAGE ENGLISH")
    return play


def test_a_likely_one_is_noted_at_once(play: Play) -> None:
    assert "the first reading" in own(play, "READ 120473 1204.5")


def test_more_than_a_year_at_the_load_limit_is_asked_about(play: Play) -> None:
    assert "much for the first time" in own(play, "READ 120473 99999")
    assert noted(play) == 0
    assert "the first reading" in own(play, "1")
    assert noted(play) == 1


def test_a_no_notes_nothing(play: Play) -> None:
    own(play, "READ 120473 99999")
    own(play, "2")
    assert noted(play) == 0


def test_in_a_list_it_is_named_and_left_out(play: Play) -> None:
    assert "much for a first reading" in own(play, "READ 120473 99999, 120475 12")
    assert noted(play) == 0
