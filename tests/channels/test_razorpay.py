"""Razorpay at our door: signatures, events in any order and number, and the making of links over HTTP."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

import pytest
import redis
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from channels.app import create_app
from tests.channels.till import ASHA, IN_CHARGE, OLD, PAYER, RAMESH, Till, body_of, post, razorpay, signature
from tests.conftest import Servers, demo_settings, fresh_database
from tests.play import Play
from tests.together import at_once


@pytest.mark.parametrize("given", [None, "", "0" * 64, "नकली", "x"])
def test_without_the_right_signature_nothing_is_kept(till: Till, given: str | None) -> None:
    headers = {} if given is None else {"X-Razorpay-Signature": given.encode().decode("latin-1")}
    body = body_of("payment_link.paid")
    assert till.play.client.post("/payments/razorpay", data=body, headers=headers).status_code == 401
    assert till.play.scalar("SELECT count(*) FROM provider_event") == 0


def test_the_signature_is_over_the_bytes_as_they_came(till: Till) -> None:
    body = body_of("payment_link.paid")
    headers = {"X-Razorpay-Signature": signature(json.dumps(json.loads(body)).encode())}
    assert till.play.client.post("/payments/razorpay", data=body, headers=headers).status_code == 401


def test_the_old_secret_counts_during_a_change(till: Till) -> None:
    till.ask()
    assert till.tell("payment_link.paid", secret=OLD) == 200
    assert till.counts() == (1, 1, 320_50)


def test_what_is_signed_and_unclear_is_kept_and_not_asked_for_again(till: Till) -> None:
    for body in (b"no json", b'{"event": 1}', b'{"event":"payment.captured","payload":{"payment":{}}}'):
        assert post(till.play.client, body) == 200
    assert till.play.scalar("SELECT count(*) FROM provider_event") == 3
    assert till.counts()[:2] == (0, 0)


def test_what_no_payment_can_be_is_kept_and_not_asked_for_again(till: Till) -> None:
    """Amounts beyond reason or no numbers at all; they would be asked for again for a day."""
    captured = json.loads(body_of("payment.captured"))
    refund = json.loads(body_of("refund.processed"))
    for amount in (10**30, 10**18, True, -1, 1.5, "100", None):
        for event, name in ((captured, "payment"), (refund, "refund")):
            event["payload"][name]["entity"]["amount"] = amount
            assert post(till.play.client, json.dumps(event).encode()) == 200
    assert till.counts() == (0, 0, 620_50)
    assert till.play.scalar("SELECT count(*) FROM provider_event WHERE handled_at IS NULL") == 14


def test_a_payer_may_write_what_no_text_of_ours_can_hold(till: Till) -> None:
    event = json.loads(body_of("payment.captured"))
    event["payload"]["payment"]["entity"] |= {"id": "pay_\0Nul", "notes": {"for": "120457\0"}}
    assert post(till.play.client, json.dumps(event).encode()) == 200
    assert till.play.scalar("SELECT reference FROM online_payment") == "pay_Nul"


ORDERS = [
    ("payment_link.paid", "payment.captured"),
    ("payment.captured", "payment_link.paid"),
    ("payment_link.partially_paid", "payment_link.paid"),
    ("payment_link.expired", "payment_link.paid"),
    ("payment_link.paid", "payment_link.cancelled", "payment_link.paid"),
]


@pytest.mark.parametrize("events", ORDERS)
def test_a_payment_is_credited_once_whatever_comes_first(till: Till, events: tuple[str, ...]) -> None:
    till.ask()
    for event in events:
        assert till.tell(event) == 200
    assert till.counts() == (1, 1, 320_50)
    assert (till.in_account("clearing"), till.in_account("suspense")) == (300_00, 0)


def test_the_same_event_twice_is_kept_and_credited_once(till: Till) -> None:
    till.ask()
    for _ in range(2):
        assert till.tell("payment_link.paid", "event-again") == 200
    assert till.counts() == (1, 1, 320_50)
    assert till.play.scalar("SELECT count(*) FROM provider_event WHERE handled_at IS NOT NULL") == 1


def test_two_events_at_once_credit_once(till: Till) -> None:
    till.ask()
    names = ["payment_link.paid", "payment.captured"] * 3

    def tell(name: str) -> int:
        client = create_app(till.play.settings, till.play.services).test_client()
        return post(client, body_of(name, till.reference))

    assert set(at_once(*(partial(tell, name) for name in names))) == {200}
    assert till.counts() == (1, 1, 320_50)


def test_connection_and_payer_both_get_the_receipt(till: Till) -> None:
    till.ask()
    till.tell("payment_link.paid")
    told = [phone for phone, words in till.play.deliver() if "Rs 300 jama" in words]
    assert sorted(told) == [ASHA, PAYER]


@pytest.mark.parametrize("events", [("payment_link.paid", "refund.processed"), ("refund.processed",) * 2])
def test_a_refund_cancels_the_receipt_and_all_are_told(till: Till, events: tuple[str, ...]) -> None:
    till.ask()
    for event in (*events, "payment_link.paid"):
        assert till.tell(event) == 200
    assert till.dues() == 620_50
    assert (till.in_account("clearing"), till.in_account("suspense")) == (0, 0)
    if events[0] == "payment_link.paid":
        assert till.counts() == (0, 1, 620_50)
        assert [phone for phone, words in till.play.deliver() if "lauta" in words] == [ASHA, PAYER]


def test_a_part_paid_back_leaves_the_receipt_and_the_rest_cancels_it(till: Till) -> None:
    till.ask()
    till.tell("payment_link.paid")
    till.play.deliver()
    for _ in range(2):
        assert till.tell("refund.partial") == 200
    assert till.counts() == (1, 1, 420_50)
    assert till.in_account("clearing") == 200_00
    told = till.play.deliver()
    assert [phone for phone, _ in told] == [ASHA, PAYER]
    assert all("Rs 100 " in words for _, words in told)
    rest = body_of("refund.partial").replace(b"rfnd_QnPartial00001", b"rfnd_QnPartial00002")
    assert post(till.play.client, rest.replace(b'"amount": 10000', b'"amount": 20000')) == 200
    assert till.counts() == (0, 1, 620_50)
    assert till.in_account("clearing") == 0


def test_foreign_money_is_kept_as_an_event_only(till: Till) -> None:
    assert till.tell("payment.dollars") == 200
    assert till.counts()[:2] == (0, 0)
    assert till.play.scalar("SELECT count(*) FROM online_payment") == 0


def test_an_unmatched_payment_is_shown_with_a_guess_and_matched_after_a_yes(till: Till) -> None:
    till.tell("payment.noted")
    assert till.in_account("suspense") == -300_00
    till.play.text(IN_CHARGE, "UNMATCHED")
    assert "Perhaps 120457" in till.play.deliver()[0][1]
    till.play.text(RAMESH, "UNMATCHED")
    assert till.play.deliver() == [(RAMESH, "No payment waits for its connection here.")]
    till.play.text(IN_CHARGE, "MATCH 1 120457")
    assert till.play.deliver()[0][1].startswith("Credit Rs 300 to Asha Devi, 120457?")
    till.play.text(IN_CHARGE, "yes")
    assert {phone for phone, _ in till.play.deliver()} == {ASHA, PAYER, IN_CHARGE}
    assert till.counts() == (1, 1, 320_50)
    assert till.in_account("suspense") == 0
    till.tell("refund.processed")
    assert till.counts() == (0, 1, 620_50)
    assert (till.in_account("clearing"), till.in_account("suspense")) == (0, 0)


def test_what_was_partly_paid_back_is_not_undone(till: Till) -> None:
    till.tell("payment.noted")
    for line in ("MATCH 1 120457", "yes"):
        till.play.text(IN_CHARGE, line)
    till.tell("refund.partial")
    stood = (till.dues(), till.in_account("suspense"), till.in_account("clearing"))
    till.play.deliver()
    till.play.text(IN_CHARGE, "UNDO")
    assert "has gone back to the payer" in till.play.deliver()[-1][1]
    assert (till.dues(), till.in_account("suspense"), till.in_account("clearing")) == stood


def test_a_slip_is_entered_once(till: Till) -> None:
    for line in ("CARD 120457 300 AB-1234", "CARD 120457 300 ab1234"):
        till.play.text(RAMESH, line)
    answers = [words for phone, words in till.play.deliver() if phone == RAMESH]
    assert answers[1].startswith("AB1234 was entered before: receipt ")
    assert till.counts() == (1, 1, 320_50)
    till.play.text(RAMESH, "UNDO")
    till.play.text(RAMESH, "CARD 120457 300 AB1234")
    assert till.counts() == (1, 2, 320_50)


def test_the_page_after_paying_says_thanks_and_credits_nothing(till: Till) -> None:
    till.ask()
    page = till.play.client.get(f"/payments/thanks?razorpay_payment_link_reference_id={till.reference}")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.status_code == 200
    assert till.counts()[:2] == (0, 0)


class Books(RuleBasedStateMachine):
    """Links, webhooks, refunds, matches and cash in any order, repeated."""

    till: Till

    def __init__(self) -> None:
        super().__init__()
        self.cash = 0
        self.till.play.deliver()

    @rule(
        which=st.integers(1, 3),
        name=st.sampled_from(
            ["payment_link.paid", "payment.captured", "payment_link.expired", "refund.processed"]
        ),
    )
    def event(self, which: int, name: str) -> None:
        body = body_of(name, self.till.reference)
        for old in (b"pay_QnAbCdEfGh1234", b"rfnd_QnRefund000001"):
            body = body.replace(old, old[:-1] + str(which).encode())
        assert post(self.till.play.client, body) == 200

    @rule(id_=st.integers(1, 3))
    def match(self, id_: int) -> None:
        self.till.play.text(IN_CHARGE, f"MATCH {id_} 120457")
        self.till.play.text(IN_CHARGE, "yes")

    @rule()
    def pay(self) -> None:
        self.till.play.text(RAMESH, "PAY 120457 10")
        self.cash += 10_00

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        scalar = self.till.play.scalar
        assert scalar("SELECT coalesce(sum(amount_paise), 0) FROM posting") == 0
        assert scalar("SELECT count(*) FROM receipt") == scalar(
            "SELECT coalesce(max(serial), 0) FROM receipt"
        )
        held = int(str(scalar("SELECT coalesce(sum(amount_paise - refunded_paise), 0) FROM online_payment")))
        assert self.till.in_account("clearing") == held
        assert self.till.in_account("cash") == self.cash
        assert self.till.dues() == 620_50 - self.cash - held - self.till.in_account("suspense")


def test_books_hold_whatever_comes(servers: Servers, world_template: str, redis_client: redis.Redis) -> None:
    def fresh() -> Books:
        redis_client.flushall()
        url = stack.enter_context(fresh_database(servers, world_template))
        play = Play(replace(demo_settings(servers, url), sms_rate=10_000, razorpay=razorpay()))
        stack.callback(play.close)
        Books.till = Till(play)
        Books.till.ask()
        return Books()

    with ExitStack() as stack:
        run_state_machine_as_test(
            fresh,  # type: ignore[arg-type]  # it only calls it
            settings=hypothesis_settings(max_examples=8, stateful_step_count=12, deadline=None),
        )
