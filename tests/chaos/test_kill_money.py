"""kill -9 while money comes by webhook, by coupon and from hand to hand: the end is as undisturbed."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event

import urllib3

from core.ids import with_check_digit
from tests.channels.sms.provider import Answer, Provider
from tests.channels.till import body_of, signature
from tests.chaos import town
from tests.chaos.books import check_books
from tests.chaos.rig import RAZORPAY_SECRET, Line, Service, kill_all, kill_inner
from tests.chaos.test_kill import TIME_PASSES

PAYMENTS, COUPONS, PAIRS, HAND_OVERS = 60, 60, 4, 3
"""A phone may ask for three codes in an hour, and each hand-over takes one."""
LINK_RUPEES, COUPON_RUPEES, HAND_RUPEES, CASH_RUPEES = 300, 50, 20, 100
KILLS = 8
"""At least; it goes on until all is done."""
LONGEST, PATIENCE = 900.0, 300.0
"""Seconds."""


def test_kill_9_under_webhooks_coupons_and_hand_overs(service: Service, kannel: Provider) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    kannel.answer = lambda taken: Answer(202, "0: Accepted for delivery", "text/plain", delay=0.02)
    _prepare(service)
    service.start_worker()
    over = Event()
    with ThreadPoolExecutor(8) as pool:
        murders = pool.submit(_kill, service, random.Random(seed), over)
        streams = [pool.submit(_webhooks, service, random.Random(seed + 1))]
        streams += [pool.submit(_coupons, service, random.Random(seed + 2))]
        streams += [pool.submit(_hand_overs, service, pair) for pair in range(PAIRS)]
        try:
            for stream in streams:
                stream.result(LONGEST)
        finally:
            over.set()
        print(f"{murders.result(LONGEST)} kills")
        _until(lambda: not _left(service), lambda: _let_time_pass(service))
    _check_as_undisturbed(service)
    check_books(service.database_url)


def _prepare(service: Service) -> None:
    """A link and a coupon for every house."""
    at = datetime.now(UTC)
    service.sql(
        "INSERT INTO payment_link "
        "(reference, connection_id, amount_paise, asked_by, state, asked_at, expires_at) "
        f"SELECT 'BL' || reference, id, {LINK_RUPEES * 100}, '+919811111111', 'open', '{at}', "
        f"'{at + timedelta(days=7)}' FROM connection"
    )
    service.sql(
        "INSERT INTO coupon_scheme "
        "(organisation_id, code, name, value_paise, first, last, days, per_connection) "
        f"SELECT min(id), 'HOLI', 'Holi', {COUPON_RUPEES * 100}, '2020-01-01', '2099-12-31', 30, 1 "
        "FROM organisation"
    )
    for place in range(COUPONS):
        service.sql(
            "INSERT INTO coupon (scheme_id, connection_id, code, made_at, expires_on) "
            f"SELECT coupon_scheme.id, connection.id, '{_code(place)}', '{at}', '2099-12-31' "
            f"FROM coupon_scheme, connection WHERE reference = 'R{place}'"
        )


def _code(place: int) -> str:
    return with_check_digit(400_000_000 + 7 * place)


def _kill(service: Service, chance: random.Random, over: Event) -> int:
    """The whole server, the process that answers, or the worker, in turns that nobody can foresee."""
    kills = 0
    while kills < KILLS or not over.is_set():
        time.sleep(chance.uniform(0.3, 1.5))
        kills += 1
        assert service.web is not None
        assert service.worker is not None
        if chance.random() < 0.4:
            kill_all(service.worker)
            service.start_worker()
        elif not (chance.random() < 0.3 and kill_inner(service.web) and service.web_comes_back()):
            kill_all(service.web)
            service.start_web()
    return kills


def _webhooks(service: Service, chance: random.Random) -> None:
    """Each payment told until it is taken, by one event or by two, and some again although they were."""
    pool = urllib3.HTTPConnectionPool("127.0.0.1", service.port, retries=False, timeout=60.0)
    with closing(pool):
        for place in range(PAYMENTS):
            for name in chance.choice(
                [
                    ("payment_link.paid",),
                    ("payment_link.paid", "payment.captured"),
                    ("payment_link.paid",) * 2,
                ]
            ):
                body = body_of(name, f"BLR{place}").replace(b"pay_QnAbCdEfGh1234", b"pay_%d" % place)
                headers = {
                    "X-Razorpay-Signature": signature(body, RAZORPAY_SECRET),
                    "X-Razorpay-Event-Id": f"{name}-{place}",
                }
                _until(partial(_taken, pool, body, headers), partial(time.sleep, 0.05))


def _taken(pool: urllib3.HTTPConnectionPool, body: bytes, headers: dict[str, str]) -> bool:
    try:
        return pool.request("POST", "/payments/razorpay", body=body, headers=headers).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def _coupons(service: Service, chance: random.Random) -> None:
    """Each customer redeems a coupon; some send it twice, as another text."""
    with closing(Line(service)) as line:
        for place, house in enumerate(town.houses()[:COUPONS]):
            for again in range(chance.choice((1, 1, 2))):
                line.text_until_taken(f"coupon-{place}-{again}", house.phone, f"REDEEM {_code(place)}")


def _hand_overs(service: Service, pair: int) -> None:
    """One collector takes cash and hands it over bit by bit; the other says yes and proves it."""
    phones = town.collectors()
    giver, taker = phones[pair], phones[pair + PAIRS]
    with closing(Line(service)) as line:

        def text(id_: str, phone: str, words: str) -> None:
            id_ = f"hand-{pair}-{id_}"
            line.text_until_taken(id_, phone, words)
            waits = f"SELECT 1 FROM inbound WHERE provider_id = '{id_}' AND handled_at IS NULL"
            _until(lambda: not service.sql(waits), lambda: _let_time_pass(service))

        text("pay", giver, f"PAY {town.houses()[100 + pair].number} {CASH_RUPEES}")
        for turn in range(HAND_OVERS):
            text(f"{turn}-hand", giver, f"HAND S{pair + PAIRS} {HAND_RUPEES}")
            text(f"{turn}-got", taker, "GOT")
            text(f"{turn}-yes", taker, "yes")
            sent = (
                f"SELECT body FROM outbox WHERE recipient = '{taker}' AND kind = 'code' "
                "ORDER BY id DESC LIMIT 1"
            )
            text(f"{turn}-code", taker, str(service.sql(sent)[0][0])[:6])


def _let_time_pass(service: Service) -> None:
    for statement in TIME_PASSES:
        service.sql(statement)
    service.sql(
        "UPDATE provider_event SET received_at = received_at - interval '6 minutes' WHERE handled_at IS NULL"
    )
    time.sleep(0.2)


def _left(service: Service) -> bool:
    return bool(
        service.sql(
            "SELECT 1 FROM inbound WHERE handled_at IS NULL UNION ALL "
            "SELECT 1 FROM provider_event WHERE handled_at IS NULL UNION ALL "
            "SELECT 1 FROM outbox WHERE state IN ('queued', 'sending') AND kind NOT IN ('coupon', 'code')"
        )
    )


def _until(done: Callable[[], bool], meanwhile: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < until, "it never came to its end"
        meanwhile()


def _check_as_undisturbed(service: Service) -> None:
    """What each account holds is what the acts come to, each of them once."""
    paid, given = PAYMENTS * LINK_RUPEES * 100, COUPONS * COUPON_RUPEES * 100
    credited = "SELECT count(*), sum(amount_paise) FROM payment WHERE mode = 'link'"
    assert service.sql(credited) == [(PAYMENTS, paid)]
    redeemed = "SELECT count(*), sum(paise) FROM coupon WHERE entry_id IS NOT NULL"
    assert service.sql(redeemed) == [(COUPONS, given)]
    others = (
        "SELECT kind, sum(balance_paise)::bigint FROM account "
        "WHERE kind IN ('clearing', 'suspense', 'discount') AND balance_paise <> 0 GROUP BY kind"
    )
    assert dict(service.sql(others)) == {"clearing": paid, "discount": given}
    held = "SELECT staff.phone, balance_paise / 100 FROM account JOIN staff ON staff.id = staff_id"
    moved = HAND_OVERS * HAND_RUPEES
    givers = dict.fromkeys(town.collectors()[:PAIRS], CASH_RUPEES - moved)
    assert dict(service.sql(held)) == givers | dict.fromkeys(town.collectors()[PAIRS:], moved)
    unsaid = (
        "SELECT payment.id FROM payment JOIN entry ON entry.id = entry_id WHERE NOT EXISTS ("
        "SELECT FROM outbox WHERE kind = 'receipt' "
        "AND starts_with(source, 'receipt:' || substr(entry.source, 5) || ':'))"
    )
    assert service.sql(unsaid) == []
