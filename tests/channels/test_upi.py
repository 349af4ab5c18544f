"""UPI to our own address: the page and who may open it, and how each channel leads there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from channels.app import create_app
from core import billing, upi
from core.billing import Period
from core.clock import now, today
from core.settings import Settings, Upi
from core.upi import Wish
from tests.channels.till import ASHA, RAMESH, razorpay
from tests.conftest import Servers, demo_settings, fresh_database
from tests.play import Play

ADDRESS = Upi("bijli.line@bank", "Bijli Line & Söhne")


@pytest.fixture
def shown(servers: Servers, world_template: str, redis_client: object) -> Iterator[Play]:
    with fresh_database(servers, world_template) as url:
        play = Play(replace(demo_settings(servers, url), sms_rate=10_000, upi=ADDRESS, pay_links=True))
        yield play
        play.close()


def path_in(words: str) -> str:
    found = re.search(r"/pay/[\w=-]+", words)
    assert found, words
    return found[0]


def test_an_address_says_what_it_is_for_and_nobody_can_make_one_up(settings: Settings) -> None:
    for wish in (Wish(7, None), Wish(2**31, 999_999_999_99)):
        token = upi.token(settings, wish, now())
        assert len(token) == 28
        assert upi.opened(settings, token, today()) == wish
        assert upi.opened(settings, token, today() + upi.PAGE_LIFE) == wish
        assert upi.opened(settings, token, today() + upi.PAGE_LIFE + timedelta(days=1)) is None
        assert upi.opened(replace(settings, secret_key="another secret" * 3), token, today()) is None
        changed = token[:5] + ("A" if token[5] != "A" else "B") + token[6:]
        for wrong in (changed, token[:-1], token + "A", "", "=", "रुपये"):
            assert upi.opened(settings, wrong, today()) is None


def test_the_link_for_apps_has_rupees_and_our_reference() -> None:
    uri = upi.uri(ADDRESS, "120457", 310_05, today())
    assert " " not in uri
    fields = {name: value[0] for name, value in parse_qs(urlsplit(uri).query).items()}
    reference = fields.pop("tr")
    assert fields == {
        "pa": "bijli.line@bank",
        "pn": ADDRESS.name,
        "am": "310.05",
        "cu": "INR",
        "tn": f"120457 {ADDRESS.name}",
    }
    assert len(reference) <= 35
    assert reference.isalnum()
    assert upi.number_in(f"UPI/433211/payer@ybl/{reference}/") == "120457"
    assert upi.number_in("BLUE 120457 D261121") is None


def test_the_page_is_small_and_follows_what_is_owed(shown: Play) -> None:
    connection = int(str(shown.scalar("SELECT id FROM connection WHERE number = '120457'")))
    path = f"/pay/{upi.token(shown.settings, Wish(connection, None), now())}"
    answer = shown.client.get(path + "?l=en")
    assert answer.status_code == 200
    assert len(answer.data) < 10_000
    assert "<svg" in answer.text
    assert "<script" not in answer.text
    assert "120457: Rs 620.50" in answer.text
    assert "am=620.50" in answer.text
    assert "Asha" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "120457: रु 620.50" in shown.client.get(path + "?l=hi").text
    shown.text(RAMESH, "PAY 120457 620.50")
    paid = shown.client.get(path + "?l=en").text
    assert "nothing is to be paid" in paid
    assert "<svg" not in paid
    assert shown.client.get(path[:-2]).status_code == 404


def test_link_comes_by_sms_where_sms_may_carry_links(shown: Play) -> None:
    shown.text(ASHA, "LINK 200")
    told = [words for phone, words in shown.deliver() if phone == ASHA]
    assert "120457 ke UPI bhugtan ka link SMS se aa raha hai." in told
    page = shown.client.get(path_in(" ".join(told)) + "?l=en")
    assert "120457: Rs 200" in page.text


def test_link_names_the_bare_address_where_they_may_not(shown: Play) -> None:
    shown.services = replace(shown.services, settings=replace(shown.settings, pay_links=False))
    shown.settings = shown.services.settings
    shown.client = create_app(shown.settings, shown.services).test_client()
    shown.text(ASHA, "LINK 200")
    [(_, words)] = shown.deliver()
    assert "bijli.line@bank" in words
    assert "/pay/" not in words
    shown.write(ASHA, "LINK 200")
    [(_, words)] = shown.deliver()
    assert "Rs 200" in shown.client.get(path_in(words)).text


def test_beside_razorpay_only_whatsapp_shows_the_page(shown: Play) -> None:
    shown.settings = replace(shown.settings, razorpay=razorpay())
    shown.services = replace(shown.services, settings=shown.settings)
    shown.client = create_app(shown.settings, shown.services).test_client()
    shown.text(ASHA, "LINK 200")
    assert "/pay/" not in " ".join(words for _, words in shown.deliver())
    shown.write(ASHA, "LINK 250")
    [(_, words)] = shown.deliver()
    assert words.startswith("120457 ke Rs 250 dene ka link SMS se aa raha hai.")
    assert "Rs 250" in shown.client.get(path_in(words)).text


def test_staff_send_the_page_once_a_day(shown: Play) -> None:
    for line in ("SENDLINK 120457 150", "SENDLINK 120457 150"):
        shown.text(RAMESH, line)
    told = shown.deliver()
    assert [phone for phone, words in told if "/pay/" in words] == [ASHA]
    assert ["already today" in words for phone, words in told if phone == RAMESH] == [False, True]


def test_an_open_bill_has_the_page_beside_it_until_it_is_taken_back(shown: Play) -> None:
    for words in ("PAY 120457 2000", "yes"):
        shown.text(RAMESH, words)
    database = shown.services.database
    plant = billing.plant_of(database, "RAMPUR")
    run, _ = billing.post(
        database,
        plant,
        Period.read("2026-11"),
        lambda label, done, total: None,
        default_language="en",
        service="Bijli Line",
        issued_on=date(2026, 12, 1),
        bill_link=upi.bill_link(shown.settings, now()),
    )
    due = shown.scalar("SELECT count(*) FROM outbox WHERE template = 'bill.told_due'")
    beside = "SELECT count(*) FROM outbox WHERE template = 'payupi.message' AND state = 'queued'"
    assert shown.scalar(beside) == due
    assert due != 0
    assert shown.scalar("SELECT count(*) FROM outbox WHERE template = 'bill.told_ahead'") != 0
    billing.reverse(database, run.id, lambda label, done, total: None, service="Bijli Line")
    assert shown.scalar(beside) == 0
