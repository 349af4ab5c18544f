"""Sending through real HTTP: several drains at once, slow gateways, hanging ones."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import pytest

from channels.http import THREADS
from channels.message import Accepted
from channels.sms.kannel import KannelGateway
from channels.sms.twilio import TwilioGateway
from core.settings import Kannel, Twilio
from tests.channels.sending.maker import Maker, Told
from tests.channels.sms.provider import Answer, Provider, Taken
from tests.conftest import SECRET


@pytest.fixture
def kannel(provider: Provider) -> Iterator[KannelGateway]:
    with ThreadPoolExecutor(8) as pool:
        settings = Kannel(SECRET, f"{provider.url}/cgi-bin/sendsms", "u", "p", "BIJLI", None)
        yield KannelGateway(settings, "http://localhost", pool)


def test_several_drains_at_once_send_nothing_twice(
    make: Maker, provider: Provider, kannel: KannelGateway
) -> None:
    for number in range(300):
        make.write(str(number))
    drains = [Thread(target=make.drain, args=(kannel,)) for _ in range(3)]
    for each in drains:
        each.start()
    for each in drains:
        each.join()
    bodies = [taken.fields["text"] for taken in provider.taken]
    assert sorted(bodies) == sorted({f"body of {n}" for n in range(300)})
    assert set(make.rows("state")) == {("sent",)}


def test_no_transaction_is_open_while_a_gateway_is_spoken_to(
    make: Maker, provider: Provider, kannel: KannelGateway
) -> None:
    seen: list[int] = []

    def answer(taken: Taken) -> Answer:
        rows = make.database.reader.rows(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND state = 'idle in transaction'",
            {},
        )
        seen.append(rows[0][0])
        return Answer(202, "0: Accepted", "text/plain")

    provider.answer = answer
    make.write()
    make.drain(kannel)
    assert seen == [0]


def test_what_a_slow_gateway_had_no_time_for_goes_with_its_next_batch(
    make: Maker, provider: Provider, kannel: KannelGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.http.BATCH_SECONDS", 0.2)
    provider.answer = lambda taken: Answer(202, "0: Accepted", "text/plain", delay=0.05)
    for number in range(80):
        make.write(str(number))
    fallback = Told("twilio", [Accepted("SM1")])
    make.drain(kannel, fallback)
    assert set(make.rows("state")) == {("sent",)}
    assert len(provider.taken) == 80
    assert fallback.taken == []


def test_a_gateway_that_we_are_too_fast_for_is_left_alone_for_a_moment(
    make: Maker, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.pace.SLOW_SECONDS", 0.5)
    times: list[float] = []

    def answer(taken: Taken) -> Answer:
        times.append(time.monotonic())
        if len(times) == 1:
            return Answer(429, '{"code": 20429, "message": "Too Many Requests", "status": 429}')
        return Answer(201, '{"sid": "SM1"}', delay=0.02)

    provider.answer = answer
    for number in range(80):
        make.write(str(number))
    with ThreadPoolExecutor(THREADS) as pool:
        twilio = TwilioGateway(Twilio("AC1", SECRET, None, provider.url), "+15005550006", "http://x", pool)
        make.drain(twilio)
        make.due()
        make.drain(twilio)
    before = sum(moment < times[0] + 0.5 for moment in times)
    assert before < 60, "what was under way ends, and no more begins"
    assert len(times) == 81
    assert set(make.rows("state")) == {("sent",)}


def test_a_hanging_gateway_leaves_a_few_in_doubt_and_the_rest_to_the_next(
    make: Maker, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.sms.kannel.READ_SECONDS", 0.3)
    provider.answer = lambda taken: Answer(202, "0: Accepted", "text/plain", delay=1.0)
    for number in range(40):
        make.write(str(number))
    with ThreadPoolExecutor(8) as pool:
        slow = KannelGateway(Kannel(SECRET, provider.url, "u", "p", "B", None), "http://localhost", pool)
        make.drain(slow, Told("twilio", [Accepted("SM1")]))
    states = [state for (state,) in make.rows("state")]
    assert states.count("unsure") <= 8
    assert states.count("sent") == 40 - states.count("unsure")
