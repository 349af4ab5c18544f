"""What is stuck over five minutes: shown to staff, told to those in charge once, mended exactly once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from core import stuck
from core.stuck import Stuck
from jobs.stuck import mend
from tests.channels.till import ASHA, IN_CHARGE, RAMESH, Till, body_of
from tests.core.test_receipts import answer, paid
from tests.play import Play

CSA, ELSEWHERE = "+919800000032", "+919800000040"


def run(play: Play, *statements: str) -> None:
    with play.services.database.begin() as session:
        for statement in statements:
            session.execute(text(statement))


def seen(play: Play, phone: str = IN_CHARGE) -> dict[str, int]:
    """What this member of staff sees, by cause."""
    staff_id = int(str(play.scalar(f"SELECT id FROM staff WHERE phone = '{phone}'")))
    found: list[Stuck] = stuck.in_plants(play.services.database.reader, staff_id)
    return {one.cause: one.count for one in found}


LATE = "now() - interval '6 minutes'"
CONNECTION = "(SELECT id FROM connection WHERE number = '120457')"
_OUTBOX = "INSERT INTO outbox (recipient, language, body, parts, priority, channel, expires_at, "
CAUSES = {
    "text": (
        "INSERT INTO inbound (channel, provider, provider_id, sender, body, received_at) "
        f"VALUES ('sms', 'kannel', 'x1', '{ASHA}', 'BAL', {LATE})"
    ),
    "message": (
        f"{_OUTBOX}connection_id, source, kind, next_at) SELECT '{ASHA}', 'en', 'x', 1, 9, 'sms', "
        f"now() + interval '1 day', {CONNECTION}, 'b1', 'bill', {LATE}"
    ),
    "receipt": (
        f"{_OUTBOX}connection_id, source, kind, created_at, next_at) SELECT '{ASHA}', 'en', 'x', 1, 1, "
        f"'sms', now() + interval '1 day', {CONNECTION}, 'r1', 'receipt', {LATE}, now() + interval '1 hour'"
    ),
    "event": f"INSERT INTO provider_event (id, body, received_at) VALUES ('e1', 'no json', {LATE})",
    "meter": (
        "INSERT INTO meter_command (source, connection_id, action, state, created_at, next_at) "
        f"VALUES ('m1', {CONNECTION}, 'switch_on', 'queued', {LATE}, now())"
    ),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_what_has_waited_is_seen_in_its_plants_and_told_once(till: Till, cause: str) -> None:
    play = till.play
    assert seen(play) == {}
    run(play, CAUSES[cause])
    assert seen(play) == {cause: 1}
    everybodys = cause in ("text", "event")
    assert (seen(play, ELSEWHERE) == {cause: 1}) == everybodys
    assert f'bijli_stuck{{cause="{cause}"}} 1.0' in play.client.get("/metrics").get_data(as_text=True)
    for _ in range(2):
        mend(play.services)
    told = play.scalar(f"SELECT count(*) FROM outbox WHERE source LIKE 'stuck:{cause}:%%{IN_CHARGE}'")
    assert told == 1


def test_a_receipt_that_was_never_written_is_written_once_in_the_words_of_its_payment(play: Play) -> None:
    paid(play)
    before = play.scalar("SELECT body FROM outbox WHERE kind = 'receipt'")
    run(
        play,
        "DELETE FROM outbox WHERE kind = 'receipt'",
        f"UPDATE payment SET paid_at = {LATE}",
    )
    assert seen(play, RAMESH) == {"untold": 1}
    assert "payments without a receipt SMS: 1" in answer(play, CSA, "LANGUAGE ENGLISH") + answer(
        play, CSA, "STUCK"
    )
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: mend(play.services), range(8)))
    assert play.scalar("SELECT count(*) FROM outbox WHERE kind = 'receipt'") == 1
    assert play.scalar("SELECT body FROM outbox WHERE kind = 'receipt'") == before
    assert seen(play, RAMESH) == {}


def test_a_receipt_is_not_written_for_a_payment_of_last_week_or_one_taken_back(play: Play) -> None:
    paid(play)
    run(play, "DELETE FROM outbox WHERE kind = 'receipt'",
        "UPDATE payment SET paid_at = now() - interval '4 days'")  # fmt: skip
    mend(play.services)
    assert play.scalar("SELECT count(*) FROM outbox WHERE kind = 'receipt'") == 0
    assert seen(play, RAMESH) == {}


def test_a_webhook_that_was_kept_and_not_worked_off_is_credited_once(till: Till) -> None:
    till.ask()
    body = body_of("payment_link.paid", till.reference).decode()
    with till.play.services.database.begin() as session:
        session.execute(
            text(f"INSERT INTO provider_event (id, body, received_at) VALUES ('e9', :body, {LATE})"),
            {"body": body},
        )
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: mend(till.play.services), range(4)))
    assert till.counts() == (1, 1, 320_50)
    assert till.tell("payment_link.paid", "e9") == 200
    assert till.counts() == (1, 1, 320_50)


def test_a_webhook_is_answered_though_what_it_needs_is_held_and_credited_later(till: Till) -> None:
    """Razorpay waits five seconds; here whoever holds the account lets go only after the answer."""
    till.ask()
    with till.play.services.database.begin() as session:
        session.execute(text("SELECT 1 FROM account WHERE kind = 'dues' FOR UPDATE"))
        assert till.tell("payment_link.paid", "e10") == 200
        assert till.counts()[:2] == (0, 0)
    with till.play.services.database.begin() as session:
        session.execute(text(f"UPDATE provider_event SET received_at = {LATE} WHERE id = 'e10'"))
    mend(till.play.services)
    assert till.counts() == (1, 1, 320_50)


@pytest.mark.parametrize("asked", ["{payment}", "{payment} ", "{reference}", "{link}"])
def test_where_by_what_the_provider_or_the_link_is_called(till: Till, asked: str) -> None:
    play = till.play
    play.text(IN_CHARGE, "LANGUAGE ENGLISH")
    play.deliver()
    till.ask()
    words = answer(play, IN_CHARGE, f"WHERE {till.reference}")
    assert words.startswith("Link of Rs 300 for 120457: asked ")
    assert till.tell("payment_link.paid") == 200
    payment = str(play.scalar("SELECT reference FROM online_payment")).removeprefix("razorpay:")
    reference = asked.format(payment=payment, reference=payment.upper(), link=till.reference)
    assert "Rs 300 for 120457" in answer(play, IN_CHARGE, f"WHERE {reference}")


def test_where_of_ones_own_list(play: Play) -> None:
    play.text(RAMESH, "#7 PAY 120457 30, 120465 20")
    play.deliver()
    words = answer(play, RAMESH, "WHERE #7")
    assert words.startswith("List #7 came ")
    assert "payments 2, Rs 50" in words
    assert "no payment under #8" in answer(play, RAMESH, "WHERE #8")
