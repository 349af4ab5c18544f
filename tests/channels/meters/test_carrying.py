"""From the command to the meter: real drivers, real services at their HTTP edge, killed and repeated."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest
import redis

from channels.meters import carrying
from channels.meters.carrying import carry, make_road
from channels.meters.reading import read_all
from ops.meters import SLOT_SECONDS, in_reach, make_server
from tests.channels.meters.conftest import Asked, Said, Site, Stage, payload
from tests.conftest import Servers
from tests.service import until

ROOT = Path(__file__).parents[3]


@pytest.fixture
def daylight(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are run at any hour; which hours are fit is tested with the flags."""
    monkeypatch.setattr(carrying, "may_cut", lambda moment, holidays: True)


def bank(asked: Asked, books: dict[str, str]) -> Said:
    """A ThunderCloud that keeps a transaction under its key."""
    if asked.method == "POST":
        key = str(asked.body["external_id"])
        if key in books:
            return Said(423, payload("transaction_exists"))
        books[key] = "pending"
        return Said(201, payload("transaction_created"))
    status = next(iter(books.values()), None)
    return Said(200, payload(f"transaction_{status}")) if status else Said(404, payload("not_found"))


def test_a_credit_goes_from_pending_to_processed(stage: Stage, site: Site) -> None:
    books: dict[str, str] = {}
    site.say = lambda asked: bank(asked, books)
    stage.credit()
    stage.carry()
    assert stage.states() == [("pay:1", "queued", "not processed yet")]
    books["pay:1"] = "not-processed"
    stage.carry()
    books["pay:1"] = "processed"
    stage.carry()
    assert stage.states() == [("pay:1", "done", None)]
    assert [asked.method for asked in site.asked] == ["POST", "GET", "GET"]


def test_a_credit_that_fails_is_told_to_staff_once(stage: Stage, site: Site) -> None:
    books: dict[str, str] = {}
    site.say = lambda asked: bank(asked, books)
    stage.credit()
    stage.carry()
    books["pay:1"] = "error"
    stage.carry()
    stage.carry()
    assert stage.states() == [("pay:1", "failed", "error: meter not found")]
    told = stage.rows("SELECT DISTINCT body FROM outbox WHERE kind = 'staff_alert' AND language = 'en'")
    assert told == [
        ("The smart meter of 120457 did not do this: take a credit. Please go and look. METERS shows all.",)
    ]


def test_after_an_unknown_outcome_nothing_is_credited_twice(stage: Stage, site: Site) -> None:
    books: dict[str, str] = {}

    def taken_without_a_word(asked: Asked) -> Said:
        said = bank(asked, books)
        return Said(None) if asked.method == "POST" else said

    site.say = taken_without_a_word
    stage.credit()
    stage.carry()
    assert stage.states() == [("pay:1", "queued", "no answer")]
    stage.carry()
    books["pay:1"] = "processed"
    stage.carry()
    assert stage.states() == [("pay:1", "done", None)]
    assert [asked.method for asked in site.asked] == ["POST", "GET", "GET"]


def test_a_credit_that_never_arrived_is_sent_again(stage: Stage, site: Site) -> None:
    books: dict[str, str] = {}
    site.say = lambda asked: Said(500) if len(site.asked) == 1 else bank(asked, books)
    stage.credit()
    stage.carry()
    stage.carry()
    books["pay:1"] = "processed"
    stage.carry()
    assert stage.states() == [("pay:1", "done", None)]
    assert [asked.method for asked in site.asked] == ["POST", "GET", "POST", "GET"]


def test_a_site_that_refuses_us_rests_and_in_charges_hear_it_once(stage: Stage, site: Site) -> None:
    site.say = lambda asked: Said(401, payload("unauthorized"))
    stage.switch("on", on=True)
    stage.carry()
    stage.carry()
    assert stage.rows("SELECT gateway, reason FROM gateway_pause") == [("meters-sparkmeter", "login")]
    assert stage.rows("SELECT count(*) FROM outbox WHERE kind = 'staff_alert'") == [(2,)]
    stage.run("UPDATE meter_command SET next_at = now() - interval '1 second'")
    assert carry(stage.road, seconds=0.01) == 0
    site.say = lambda asked: Said(200, payload("customer_changed"))
    stage.carry()
    assert stage.states() == [("on", "done", None)]
    assert stage.rows("SELECT gateway FROM gateway_pause") == []


def test_switching_off_waits_for_a_fit_hour_even_in_mid_batch(
    stage: Stage, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours = iter([True])
    monkeypatch.setattr(carrying, "may_cut", lambda moment, holidays: next(hours, False))
    stage.switch("off", on=False)
    stage.carry()
    assert stage.states() == [("off", "queued", "too late in the day")]
    stage.carry()
    assert site.asked == []


@pytest.mark.usefixtures("daylight")
def test_two_workers_carry_each_command_once(stage: Stage, site: Site) -> None:
    site.say = lambda asked: Said(200, payload("customer_changed"), delay=0.01)
    stage.run(
        "UPDATE connection SET meter_driver = 'sparkmeter', meter_id = number "
        "WHERE number <> '120457' AND number < '2003'"
    )
    stage.run(
        "INSERT INTO meter_command (source, connection_id, action) "
        "SELECT number, id, 'switch_off' FROM connection WHERE meter_driver IS NOT NULL"
    )
    workers = [Thread(target=carry, args=(stage.road,), kwargs={"seconds": 20}) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert {state for _, state, _ in stage.states()} == {"done"}
    paths = [asked.path for asked in site.asked]
    assert len(paths) == len(set(paths)) == len(stage.states()) > 20


# What jobs/meters.py does in a worker, at a site that is slow enough to be killed in mid-talk.
PROGRAM = """
import sys
from dataclasses import replace
from redis import Redis
from channels.meters.carrying import carry, make_road
from core.db import Database
from core.settings import Settings, SparkMeter
settings = replace(
    Settings.from_env({
        "DATABASE_URL": sys.argv[1], "REDIS_URL": sys.argv[2], "BIJLI_SECRET_KEY": "x" * 32,
        "BIJLI_DEMO": "1", "BIJLI_HELPLINE": "1", "AT_SECRET": "x" * 32}),
    sparkmeter=SparkMeter(sys.argv[3], "token", "auto"))
carry(make_road(Database(sys.argv[1]), Redis.from_url(sys.argv[2]), settings), seconds=60)
"""


def test_killed_in_mid_sending_the_end_is_the_same(servers: Servers, stage: Stage, site: Site) -> None:
    books: dict[str, str] = {}
    killed = Event()

    def say(asked: Asked) -> Said:
        killed.wait(60)
        return bank(asked, books)

    site.say = say
    stage.credit()
    argv = [sys.executable, "-c", PROGRAM, stage.database.url, servers.redis_url, site.url]
    worker = subprocess.Popen(argv, cwd=ROOT)
    until(lambda: bool(site.asked), "the question to the meters' service")
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    killed.set()
    assert stage.states() == [("pay:1", "sending", None)]
    site.say = lambda asked: bank(asked, books)
    stage.carry()
    books["pay:1"] = "processed"
    stage.carry()
    stage.carry()
    assert stage.states() == [("pay:1", "done", None)]
    assert [asked.method for asked in site.asked].count("POST") == 1


@pytest.mark.usefixtures("daylight")
def test_the_simulated_service_switches_counts_and_keeps(
    stage: Stage, redis_client: redis.Redis, tmp_path: Path
) -> None:
    now = time.time()
    name = next(
        name
        for name in (f"SIM{number}@7000" for number in range(1000))
        if in_reach(name, now) and in_reach(name, now + SLOT_SECONDS)
    )
    stage.run(
        f"UPDATE connection SET meter_driver = 'simulated', meter_id = '{name}' WHERE number = '120457'"
    )
    kept = tmp_path / "meters.json"
    with make_server(kept, "127.0.0.1", 0) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        settings = replace(
            stage.road.settings,
            sparkmeter=None,
            simulated_meters_url=f"http://127.0.0.1:{server.server_port}",
        )
        road = make_road(stage.database, redis_client, settings)
        stage.road = road
        stage.switch("off", on=False)
        stage.credit()
        stage.credit()
        while stage.carry():
            continue
        assert {state for _, state, _ in stage.states()} == {"done"}
        read_all(road)
        assert stage.rows(
            f"SELECT is_on, wh BETWEEN 7000 AND 7010 FROM meter_state WHERE connection_id = {stage.house}"
        ) == [(False, True)]
        server.shutdown()
    assert '"paise": 30000' in kept.read_text()
