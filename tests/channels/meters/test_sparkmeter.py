"""ThunderCloud's answers, each as published, and what they mean for a command."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from channels.http import NO_ANSWER, NO_CONNECTION
from channels.message import Later, Never, Paused, Unsure
from channels.meters import http
from channels.meters.driver import Done, MeterTrouble, Outcome, Waiting
from channels.meters.sparkmeter import SparkMeterDriver
from core.meters.watch import Shown
from core.settings import SparkMeter
from tests.channels.meters.conftest import CUSTOMER, Said, Site, payload

NOT_YET = "c0ffee00-0000-4000-8000-000000000005"
TRANSACTION = "6f1d3a52-5ac8-4c5e-9f43-0f8f4d1c7a01"
HTML = "<html><body>502 Bad Gateway</body></html>"


@pytest.fixture
def driver(site: Site) -> SparkMeterDriver:
    return SparkMeterDriver(SparkMeter(site.url, "token", "auto"))


def test_a_credit_is_a_transaction_under_our_key(site: Site, driver: SparkMeterDriver) -> None:
    site.say = lambda asked: Said(201, payload("transaction_created"))
    assert driver.credit(CUSTOMER, paise=300_05, key="pay:1") == Waiting(TRANSACTION)
    [asked] = site.asked
    assert (asked.method, asked.path, asked.token) == ("POST", "/api/v0/transaction/", "token")
    assert asked.body == {
        "customer_id": CUSTOMER,
        "amount": "300.05",
        "source": "cash",
        "external_id": "pay:1",
    }


def test_a_credit_that_is_there_already_is_asked_after(site: Site, driver: SparkMeterDriver) -> None:
    site.say = lambda asked: Said(423, payload("transaction_exists"))
    assert driver.credit(CUSTOMER, paise=1, key="pay:1") == Waiting("pay:1")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("pending", Waiting(TRANSACTION)),
        ("not-processed", Waiting(TRANSACTION)),
        ("processed", Done(TRANSACTION)),
        ("error", Never("error: meter not found")),
        ("reversed", Never("reversed: ")),
    ],
)
def test_how_a_transaction_stands(
    site: Site, driver: SparkMeterDriver, status: str, outcome: Outcome
) -> None:
    site.say = lambda asked: Said(200, payload(f"transaction_{status}"))
    assert driver.poll("pay:1") == outcome
    assert site.asked[0].path == "/api/v0/transaction/pay%3A1"


def test_an_unknown_transaction(site: Site, driver: SparkMeterDriver) -> None:
    assert driver.poll("pay:1") is None


def test_switching_and_tariffs_change_the_customer(site: Site, driver: SparkMeterDriver) -> None:
    site.say = lambda asked: Said(200, payload("customer_changed"))
    assert driver.switch(CUSTOMER, on=False) == Done()
    assert driver.switch(CUSTOMER, on=True) == Done()
    assert driver.set_tariff(CUSTOMER, tariff="Fan and TV") == Done()
    assert {(asked.method, asked.path) for asked in site.asked} == {("PUT", f"/api/v0/customers/{CUSTOMER}")}
    assert [asked.body for asked in site.asked] == [
        {"operating_mode": "off"},
        {"operating_mode": "auto"},
        {"meter_tariff_name": "Fan and TV"},
    ]


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (Said(401, payload("unauthorized")), Paused("login")),
        (Said(403, payload("unauthorized")), Paused("login")),
        (Said(404, payload("no_such_customer")), Never("HTTP 404: no such customer")),
        (Said(422, payload("not_enough_funds")), Never("HTTP 422: not enough funds")),
        (Said(429, ""), Later("HTTP 429", slow=True)),
        (Said(500, HTML), Unsure("HTTP 500")),
        (Said(503, HTML), Later("HTTP 503")),
        (Said(302, HTML), Unsure("HTTP 302")),
        (Said(200, HTML), http.NOT_JSON),
        (Said(200, "[]"), http.NOT_JSON),
        (Said(None), Unsure(NO_ANSWER)),
    ],
)
def test_what_can_go_wrong(site: Site, driver: SparkMeterDriver, said: Said, outcome: Outcome) -> None:
    site.say = lambda asked: said
    assert driver.credit(CUSTOMER, paise=100, key="pay:1") == outcome
    assert driver.switch(CUSTOMER, on=True) == outcome
    assert len(site.asked) == 2


def test_an_answer_that_does_not_come_in_time(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "READ_SECONDS", 0.1)
    driver = SparkMeterDriver(SparkMeter(site.url, "token", "auto"))
    site.say = lambda asked: Said(201, payload("transaction_created"), delay=0.5)
    assert driver.credit(CUSTOMER, paise=100, key="pay:1") == Unsure(NO_ANSWER)


def test_nobody_there() -> None:
    driver = SparkMeterDriver(SparkMeter("http://127.0.0.1:9", "token", "auto"))
    assert driver.switch(CUSTOMER, on=True) == Later(NO_CONNECTION)
    with pytest.raises(MeterTrouble) as trouble:
        driver.read([CUSTOMER])
    assert trouble.value.reason == "silent"


def test_readings_come_from_what_the_meter_itself_counted(site: Site, driver: SparkMeterDriver) -> None:
    site.say = lambda asked: Said(200, payload("customers"))
    at = datetime(2026, 11, 20, 5, 30, tzinfo=UTC)
    assert driver.read([CUSTOMER, NOT_YET]) == [Shown(CUSTOMER, 1_404_766, at, None)]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (Said(401, payload("unauthorized")), "login"),
        (Said(200, HTML), None),
        (Said(500, HTML), None),
        (Said(None), "silent"),
    ],
)
def test_readings_that_are_not_to_be_had(
    site: Site, driver: SparkMeterDriver, said: Said, reason: str | None
) -> None:
    site.say = lambda asked: said
    with pytest.raises(MeterTrouble) as trouble:
        driver.read([CUSTOMER])
    assert trouble.value.reason == reason
