"""STOP is heard at once in every script on each channel, alone or in a few words; START takes it back."""

from __future__ import annotations

import pytest

from channels.line import parse
from core.people import Caller
from tests.play import Play

ASHA = "+919800000001"
STRANGER = Caller("+919800000009", None, (), None)
STOPS = (
    "STOP", "stop.", "Stop!", "STOP STOP", "stop sms", "please stop", "UNSUBSCRIBE",
    "BAND", "band karo", "bandh karo", "sms band karo", "roko",
    "बंद", "बन्द", "बंद।", "बंद करो", "बन्द कर दो", "मैसेज बंद करो", "ऑफ़र बंद करें", "स्टॉप",
)  # fmt: skip
STARTS = ("START", "chalu", "shuru karo", "चालू", "शुरू")


@pytest.mark.parametrize("words", STOPS)
def test_every_way_to_say_it(words: str) -> None:
    line = parse(words, STRANGER)
    assert line is not None
    assert (line.command.name, line.exact, line.words) == ("stop", True, ())


@pytest.mark.parametrize(
    "words",
    ["band hai bijli", "bijli band hai", "sab band", "बिजली बंद है", "offer", "sms", "please", "message bhejo",
     "stopped", "bandobast", "roko mat", "kripya bijli band karo"],
)  # fmt: skip
def test_other_sentences_are_no_stop(words: str) -> None:
    line = parse(words, STRANGER)
    assert line is None or line.command.name != "stop" or not line.exact


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
@pytest.mark.parametrize(("stop", "start"), list(zip(STOPS[::4], STARTS, strict=True)))
def test_at_once_in_the_middle_of_a_question(play: Play, channel: str, stop: str, start: str) -> None:
    send = play.text if channel == "sms" else play.write
    send(ASHA, "FAULT")
    send(ASHA, stop)
    reader = play.services.database.reader
    stopped = "SELECT stopped IS NOT NULL, whatsapp IS NULL FROM phone WHERE e164 = '+919800000001'"
    assert reader.rows(stopped, {}) == [(True, True)]
    kept = "SELECT purpose, given, channel, words FROM consent ORDER BY id"
    assert reader.rows(kept, {}) == [("messages", False, channel, stop)]
    send(ASHA, start)
    assert reader.rows(stopped, {}) == [(False, True)]
    assert reader.rows(kept, {})[1:] == [("messages", True, channel, start)]


def test_start_brings_staff_back_as_well_though_it_begins_work(play: Play) -> None:
    for words in ("START", "STOP", "START"):
        play.text("+919800000002", words)
    answers = [words for _, words in play.deliver()]
    assert answers[0] == "Request number?"
    assert answers[2] == "Done. You get everything again. To stop it send STOP."
    play.text("+919800000002", "STOP")
    play.text("+919800000002", "START 10006")
    assert play.deliver()[-1][1].startswith("10006 is not in your plants.")
