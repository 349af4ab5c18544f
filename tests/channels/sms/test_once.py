"""A text is stored and answered once, whatever comes twice, late, or not at all."""

from __future__ import annotations

from channels.waiting import handle_waiting
from tests.play import Play

ASHA, RAMESH = "+919800000001", "+919800000002"
WAITING = "SELECT count(*) FROM inbound WHERE handled_at IS NULL"
FAILS_AT_COMMIT = """
CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the disk is full'; END $$;
CREATE CONSTRAINT TRIGGER fails AFTER INSERT OR UPDATE ON phone DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION fails()
"""


def told(play: Play) -> list[str]:
    return [words for to, words in play.deliver() if to == ASHA]


def wishes(play: Play) -> object:
    return play.scalar("SELECT count(*) FROM request WHERE kind = 'package_change'")


def kill_before_the_answer(play: Play, id_: str) -> None:
    """Leave things as a process leaves them that is killed when the talk has moved on and nobody was told."""
    with play.services.database.begin() as session:
        connection = session.connection()
        connection.exec_driver_sql(
            "DELETE FROM outbox WHERE source = "
            "'reply:' || (SELECT id FROM inbound WHERE provider_id = %(id)s)",
            {"id": id_},
        )
        connection.exec_driver_sql("DELETE FROM inbound WHERE provider_id = %(id)s", {"id": id_})
    play.services.redis.delete(f"bl:t:sms:{ASHA}")


def test_a_text_and_its_answer_are_one_row_each(play: Play) -> None:
    play.text(ASHA, "BAL", "a")
    [words] = told(play)
    assert words.startswith("120457")
    assert play.scalar("SELECT count(*) FROM inbound WHERE handled_at IS NOT NULL AND NOT lost") == 1


def test_a_repeat_that_comes_late_leaves_the_talk_where_it_is(play: Play) -> None:
    play.text(ASHA, "CHANGE", "a")
    play.text(ASHA, "1", "b")
    [_which, when] = told(play)
    play.text(ASHA, "1", "b")  # the gateway sends it again after the next question was asked
    play.text(ASHA, "CHANGE", "a")
    assert told(play) == []
    play.text(ASHA, "5", "c")
    [again] = told(play)
    assert when.split("\n")[1:] == again.split("\n")[-2:]


def test_a_late_repeat_of_an_answer_is_no_yes_to_the_next_question(play: Play) -> None:
    for id_, words in zip("abc", ("CHANGE", "1", "1"), strict=True):
        play.text(ASHA, words, id_)
    [*_, sure] = told(play)
    assert "Maangein?" in sure
    play.text(ASHA, "1", "b")
    assert (told(play), wishes(play)) == ([], 0)
    play.text(ASHA, "1", "d")
    assert (len(told(play)), wishes(play)) == (1, 1)


def test_a_question_that_nobody_was_sent_is_asked_again(play: Play) -> None:
    for id_, words in zip("abc", ("CHANGE", "1", "1"), strict=True):
        play.text(ASHA, words, id_)
    [*_, sure] = told(play)
    kill_before_the_answer(play, "c")
    play.text(ASHA, "1", "d")  # meant for the question before
    assert (told(play), wishes(play)) == ([sure], 0)
    play.text(ASHA, "1", "e")
    assert (len(told(play)), wishes(play)) == (1, 1)


def test_where_nobody_was_sent_the_question_a_command_is_still_a_command(play: Play) -> None:
    play.text(ASHA, "FAULT", "a")
    kill_before_the_answer(play, "a")
    play.text(ASHA, "BAL", "b")
    [words] = told(play)
    assert words.startswith("120457")


def test_the_repeat_of_a_killed_text_gets_its_answer(play: Play) -> None:
    play.text(ASHA, "FAULT", "a")
    [asked] = told(play)
    kill_before_the_answer(play, "a")
    play.text(ASHA, "FAULT", "a")
    assert told(play) == [asked]


def test_a_whole_line_is_no_name_that_was_looked_for_in_vain(play: Play) -> None:
    play.text(RAMESH, "HAND 500")
    assert "500" in play.deliver()[-1][1]
    play.text(RAMESH, "PAY 120457 300")
    assert play.scalar("SELECT count(*) FROM payment WHERE amount_paise = 30000") == 1


def test_one_and_two_answer_what_was_asked_last(play: Play) -> None:
    for home, words in (
        (ASHA, "FAULT 2 1"),
        ("+919800000004", "FAULT 120465 2 1"),
        ("+919800000005", "FAULT 2 1"),
    ):
        play.text(home, words)
    play.text(ASHA, "CHANGE")
    play.text(RAMESH, "OUTAGE")
    told(play)
    play.text(RAMESH, "2")
    [asked] = told(play)
    assert "bijli aa jaani chahiye" in asked
    play.text(ASHA, "1")
    [thanks] = told(play)
    assert thanks.startswith("Dhanyavaad, 10006 band.")


def test_a_change_that_fails_at_its_commit_leaves_its_text_to_the_sweep(play: Play) -> None:
    """Text and change share one commit: when that fails, the text is kept by another, and answered later."""
    with play.services.database.begin() as session:
        session.connection().exec_driver_sql(FAILS_AT_COMMIT)
    play.text(ASHA, "LANGUAGE 2", "a")
    assert play.scalar(WAITING) == 1
    with play.services.database.begin() as session:
        session.connection().exec_driver_sql(
            "DROP FUNCTION fails() CASCADE; UPDATE inbound SET received_at = now() - interval '1 minute'"
        )
    assert told(play) == []
    assert handle_waiting(play.services) == 1
    [words] = told(play)
    assert "हिन्दी" in words
    assert (play.scalar(WAITING), play.scalar("SELECT count(*) FROM inbound")) == (0, 1)
    assert play.scalar(f"SELECT language FROM phone WHERE e164 = '{ASHA}'") == "hi"
