"""From the outbox to the gateways: fallback, retries, rests, doubts; and nothing is lost or doubled."""

from __future__ import annotations

import time
from dataclasses import replace
from threading import Thread

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import text
from structlog.testing import capture_logs

from channels.http import NO_ANSWER
from channels.message import Accepted, Later, Never, Outcome, Paused, Unsure
from channels.pace import Pace
from channels.sending import COUNTS, LONGEST_RETRY, drain, make_sender, retry_wait
from core.outbox import post
from core.settings import Kannel
from tests.channels.sending.maker import PHONE, Maker, Told


def test_a_message_goes_out_and_is_written_down(make: Maker) -> None:
    make.write()
    gateway = Told("kannel", [Accepted("X1")])
    make.drain(gateway)
    assert [message.body for message in gateway.taken] == ["body of one"]
    assert make.rows("state, gateway, provider_id, attempts, sent_at IS NOT NULL") == [
        ("sent", "kannel", "X1", 1, True)
    ]
    make.drain(gateway)
    assert len(gateway.taken) == 1


def chat(make: Maker, phone: str = PHONE) -> None:
    with make.database.begin() as session:
        post(
            session,
            source="chat",
            recipient=phone,
            kind="reply",
            text="hello",
            language="en",
            channel="whatsapp",
            default_language="en",
        )


OUTSIDE = Never("error 63016", elsewhere=True)


@pytest.mark.parametrize(
    ("on_whatsapp", "by_sms", "row"),
    [
        (Accepted("W1"), None, ("whatsapp", "sent", "twilio-whatsapp")),
        (OUTSIDE, Accepted("S1"), ("sms", "sent", "kannel")),
        (OUTSIDE, Later("busy"), ("sms", "queued", None)),
        (Later("error 63018"), None, ("whatsapp", "queued", None)),
        (Unsure("no answer"), None, ("whatsapp", "unsure", "twilio-whatsapp")),
        (Never("error 63033", blocked=True, elsewhere=True), Accepted("S1"), ("sms", "sent", "kannel")),
    ],
)
def test_whatsapp_falls_back_to_sms_where_it_has_no_way(
    make: Maker, on_whatsapp: Outcome, by_sms: Outcome | None, row: tuple[object, ...]
) -> None:
    chat(make)
    whatsapp, kannel = Told("twilio-whatsapp", [on_whatsapp]), Told("kannel", [by_sms] if by_sms else [])
    assert drain(make_sender(make.database, [kannel], make.redis, make.settings, [whatsapp]), seconds=30)
    assert make.rows("channel, state, gateway") == [row]
    assert len(kannel.taken) == (by_sms is not None)


def test_whoever_has_no_number_gets_no_sms(make: Maker) -> None:
    make.write(phone="IN.77")
    kannel = Told("kannel", [])
    whatsapp = Told("twilio-whatsapp", [OUTSIDE])
    assert drain(make_sender(make.database, [kannel], make.redis, make.settings, [whatsapp]), seconds=30)
    assert make.rows("channel, state, gateway") == [("whatsapp", "failed", "twilio-whatsapp")]
    assert kannel.taken == []


def test_a_resting_whatsapp_leaves_the_road_to_sms(make: Maker) -> None:
    chat(make)
    kannel = Told("kannel", [Accepted("S1")])
    assert drain(make_sender(make.database, [kannel], make.redis, make.settings), seconds=30)
    assert make.rows("channel, state, gateway") == [("sms", "sent", "kannel")]


def test_the_urgent_overtakes_the_rest(make: Maker) -> None:
    make.settings = replace(make.settings, sms_rate=2)
    for source, kind in (("n1", "notice"), ("n2", "notice"), ("r", "receipt"), ("c", "code")):
        make.write(source, kind)
    gateway = Told("kannel", [Accepted(None)])
    make.drain(gateway)
    assert [message.kind for message in gateway.taken] == ["code", "receipt", "notice", "notice"]


@pytest.mark.parametrize("first", [Later("HTTP 503"), Paused("balance"), Never("no route", elsewhere=True)])
def test_the_second_gateway_takes_what_the_first_could_not(make: Maker, first: Outcome) -> None:
    make.write()
    one, two = Told("kannel", [first]), Told("twilio", [Accepted("SM1")])
    make.drain(one, two)
    assert make.rows("state, gateway, provider_id", "kind = 'receipt'") == [("sent", "twilio", "SM1")]


@pytest.mark.parametrize(
    "first", [Unsure("no answer"), Never("bad number"), Never("opted out", blocked=True)]
)
def test_what_may_have_arrived_or_never_will_is_not_tried_elsewhere(make: Maker, first: Outcome) -> None:
    make.write()
    one, two = Told("kannel", [first]), Told("twilio", [Accepted("SM1")])
    make.drain(one, two)
    assert two.taken == []


def test_later_is_tried_again_and_never_is_not(make: Maker) -> None:
    make.write("later")
    make.write("never")
    gateway = Told("kannel", [Later("HTTP 503"), Never("HTTP 400")])
    make.drain(gateway)
    assert make.rows("source, state, error") == [
        ("later", "queued", "HTTP 503"),
        ("never", "failed", "HTTP 400"),
    ]
    make.drain(gateway)
    assert len(gateway.taken) == 2  # not before its time
    make.due()
    gateway.outcomes = [Accepted("X1")]
    make.drain(gateway)
    assert make.rows("state, attempts, error") == [("sent", 2, None), ("failed", 1, "HTTP 400")]


def test_no_way_here_and_trouble_there_is_tried_again(make: Maker) -> None:
    make.write()
    make.drain(Told("kannel", [Later("HTTP 503")]), Told("twilio", [Never("no route", elsewhere=True)]))
    assert make.rows("state, error") == [("queued", "HTTP 503")]


def test_waits_grow_and_are_spread() -> None:
    for attempt, middle in (
        (1, 5),
        (2, 15),
        (3, 45),
        (4, 135),
        (5, 405),
        (6, LONGEST_RETRY),
        (40, LONGEST_RETRY),
    ):
        waits = {retry_wait(attempt) for _ in range(200)}
        assert min(waits) >= middle * 0.5
        assert max(waits) <= middle * 1.5
        assert max(waits) > min(waits) * 1.5


def test_a_gateway_without_balance_rests_and_wakes_by_itself(make: Maker) -> None:
    make.write("one")
    gateway = Told("kannel", [Paused("balance")])
    make.drain(gateway)
    make.write("two")
    make.drain(gateway)
    assert len(gateway.taken) == 1
    make.due()
    gateway.outcomes = [Accepted(None)]
    make.drain(gateway)
    assert make.rows("state") == [("sent",), ("sent",)]
    with make.database.begin() as session:
        assert session.execute(text("SELECT count(*) FROM gateway_pause")).scalar_one() == 0


def test_a_gateway_that_only_keeps_silent_rests_too(make: Maker) -> None:
    for number in range(3):
        make.write(str(number))
    make.drain(Told("kannel", [Unsure(NO_ANSWER)]))
    with make.database.begin() as session:
        assert session.execute(text("SELECT reason FROM gateway_pause")).scalar_one() == "silent"


def test_a_blocked_number_is_not_texted_again(make: Maker) -> None:
    make.write()
    make.drain(Told("kannel", [Never("409 do not disturb", blocked=True)]))
    make.write("next")
    assert make.rows("source, state") == [("one", "failed")]
    with make.database.begin() as session:
        assert session.execute(text("SELECT e164, unreachable FROM phone")).one() == (
            PHONE,
            "409 do not disturb",
        )


def test_the_line_in_the_log_has_no_words_and_no_number(make: Maker) -> None:
    make.write(kind="code")
    with capture_logs() as lines:
        make.drain(Told("kannel", [Accepted("X1")]))
    [line] = lines
    assert (line["to"], line["state"], line["gateway"]) == ("…0001", "sent", "kannel")
    assert "body" not in str(line)
    assert "9800000001" not in str(line)


def test_redis_away_stops_no_message(make: Maker) -> None:
    make.write()
    nobody = redis.Redis(port=1, socket_connect_timeout=0.1, retry=Retry(NoBackoff(), 0))
    sender = make_sender(make.database, [Told("kannel", [Accepted(None)])], nobody, make.settings)
    assert drain(sender, seconds=10)
    assert make.rows("state") == [("sent",)]


def test_figures_are_counted(make: Maker) -> None:
    make.write("one")
    make.write("two")
    make.drain(Told("kannel", [Later("HTTP 503"), Accepted(None)]), Told("twilio", [Accepted(None)]))
    assert make.redis.hgetall(COUNTS) == {
        b"kannel:later": b"1",
        b"kannel:accepted": b"1",
        b"twilio:accepted": b"1",
    }


def test_two_workers_keep_the_pace_together(redis_client: redis.Redis) -> None:
    def feed(pace: Pace) -> None:
        for _ in range(3):
            pace.wait("kannel", 10)

    began = time.monotonic()
    workers = [Thread(target=feed, args=(Pace(redis_client, 100),)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert time.monotonic() - began >= 0.45  # 60 messages at 100 a second; the first batch at once


def test_where_dlt_is_on_what_is_not_registered_fails_and_the_rest_goes(make: Maker) -> None:
    kannel = Kannel("k" * 16, "http://127.0.0.1:1", "u", "p", "BIJLIN", "1" * 19)
    # Batches of two: the first holds nothing that may go, and the reply behind it goes all the same.
    make.settings = replace(make.settings, kannel=kannel, sms_rate=2)
    for source in ("one", "two"):
        make.write(source)
    make.write("answer", kind="reply")
    gateway = Told("kannel", [Accepted("X1")])
    make.drain(gateway)
    assert [message.body for message in gateway.taken] == ["body of answer"]
    assert make.rows("source, state, error") == [
        ("one", "failed", "not as registered (DLT): receipt in en"),
        ("two", "failed", "not as registered (DLT): receipt in en"),
        ("answer", "sent", None),
    ]
