"""The database or Redis goes away in the middle: kind words, nothing lost, and on without a restart."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event

import psycopg
import pytest

from channels.waiting import handle_waiting
from core.text import render, say
from ops import embedded
from tests.chaos import town
from tests.chaos.books import check_books
from tests.chaos.rig import Line, Service
from tests.chaos.walks import COLLECTOR, CUSTOMER, TWO_LINES
from tests.conftest import Servers, demo_settings, fresh_database
from tests.play import Handset, Play

WAIT_OVER = "UPDATE inbound SET received_at = received_at - interval '20 seconds'"
KILL_WAITING = (
    "SELECT pid, pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()"
)
KILL_EVERYONE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
CUTS = 60


@contextmanager
def receipts_locked(play: Play) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Hold up every act that gives a receipt, in the middle of its transaction."""
    with (
        psycopg.connect(play.settings.database_url) as holder,
        psycopg.connect(play.settings.database_url, autocommit=True) as admin,
    ):
        holder.execute("LOCK TABLE receipt_counter IN EXCLUSIVE MODE")
        yield admin


def kill_one_act(admin: psycopg.Connection[tuple[object, ...]]) -> None:
    """Wait until an act is held up, and end its connection; it is gone afterwards."""
    until = time.monotonic() + 300
    while not admin.execute(KILL_WAITING).fetchall():
        assert time.monotonic() < until, "no act was held up"
        time.sleep(0.01)


def test_an_act_whose_connection_is_lost_is_tried_again_and_happens_once(play: Play) -> None:
    phone = play.dial(COLLECTOR, "1", "120457", "300")
    with ThreadPoolExecutor(1) as pool:
        with receipts_locked(play) as admin:
            pressed: Future[str] = pool.submit(phone.press, "1")
            kill_one_act(admin)
        pressed.result(300)
    assert phone.ended
    assert "300" in phone.screen
    assert play.scalar("SELECT count(*) FROM payment") == 1


def test_an_act_that_breaks_ends_in_kind_words_and_its_repeat_does_it(play: Play) -> None:
    phone = play.dial(COLLECTOR, "1", "120457", "300")
    with ThreadPoolExecutor(1) as pool:
        with receipts_locked(play) as admin:
            pressed: Future[str] = pool.submit(phone.press, "1")
            kill_one_act(admin)
            kill_one_act(admin)
            assert pressed.result(300) == render(say("nav.busy"), "en")
        assert phone.ended
    assert play.scalar("SELECT count(*) FROM payment") == 0
    assert "300" in phone.send()
    assert play.scalar("SELECT count(*) FROM payment") == 1


def test_a_text_whose_act_breaks_is_answered_later(play: Play) -> None:
    with ThreadPoolExecutor(1) as pool, receipts_locked(play) as admin:
        sent = pool.submit(play.text, COLLECTOR, "PAY 120457 300")
        kill_one_act(admin)
        kill_one_act(admin)
        sent.result(300)
    assert play.scalar("SELECT count(*) FROM payment") == 0
    _sql(play, "UPDATE inbound SET received_at = now()")
    assert handle_waiting(play.services) == 0, "only what has waited for a while"
    _sql(play, WAIT_OVER)
    assert handle_waiting(play.services) == 1
    assert play.scalar("SELECT count(*) FROM payment") == 1
    assert [phone for phone, _ in play.deliver()] == [CUSTOMER, COLLECTOR]


def test_one_text_that_always_breaks_does_not_hold_up_the_others(play: Play) -> None:
    _sql(play, "ALTER TABLE receipt ADD CONSTRAINT never CHECK (false) NOT VALID")
    play.text(COLLECTOR, "PAY 120457 300")
    _sql(
        play,
        "INSERT INTO inbound (channel, provider, provider_id, sender, body) "
        f"VALUES ('sms', 'africastalking', 'left behind', '{COLLECTOR}', 'CASH')",
    )
    _sql(play, WAIT_OVER)
    handle_waiting(play.services)
    waiting = "SELECT string_agg(body, ',') FROM inbound WHERE handled_at IS NULL"
    assert play.scalar(waiting) == "PAY 120457 300"
    for _ in range(3):
        handle_waiting(play.services)
    assert play.scalar(waiting) is None
    assert play.scalar("SELECT count(*) FROM payment") == 0
    assert play.deliver()[-1] == (COLLECTOR, render(say("nav.again"), "en"))


def test_without_the_database_people_hear_kind_words_and_then_all_goes_on(
    play: Play, servers: Servers
) -> None:
    play.dial(CUSTOMER, "3")
    name = str(play.scalar("SELECT current_database()"))
    servers.admin(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
    try:
        servers.admin(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        phone = play.dial(CUSTOMER)
        assert phone.ended
        assert phone.screen in {render(say("nav.busy"), language) for language in ("en", "hi", "hi-Latn")}
        refused = play.client.post(
            f"/sms/africastalking/{play.secret}",
            data={"id": "later", "from": COLLECTOR, "to": "5", "text": "PAY 120457 300"},
        )
        assert refused.status_code == 500, "not stored, so the gateway must send it again"
        assert play.client.get("/readyz").status_code == 503
    finally:
        servers.admin(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
    play.text(COLLECTOR, "PAY 120457 300", "later")
    assert play.scalar("SELECT count(*) FROM payment") == 1
    assert play.client.get("/readyz").status_code == 200
    assert play.dial(CUSTOMER, "1").ended


def _sql(play: Play, statement: str) -> None:
    with psycopg.connect(play.settings.database_url, autocommit=True) as connection:
        connection.execute(statement.encode())


def test_connections_that_are_cut_all_the_time_cost_nobody_an_error_page(service: Service) -> None:
    """Every connection to the database is cut ten times a second, until that hit many."""
    enough, over = Event(), Event()
    with ThreadPoolExecutor(5) as pool:
        cutter = pool.submit(_cut, service, enough)
        talks = [pool.submit(_talk_on, service, over, i) for i in range(4)]
        try:
            cutter.result(300)
        finally:
            enough.set()
            over.set()
        taken = sum(talk.result(300) for talk in talks)
    service.sql(WAIT_OVER + " WHERE handled_at IS NULL")
    service.start_worker()
    until = time.monotonic() + 300
    while service.sql("SELECT count(*) FROM inbound WHERE handled_at IS NULL") != [(0,)]:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert service.sql("SELECT count(*) FROM payment") == [(taken,)]
    check_books(service.database_url)


def _cut(service: Service, enough: Event) -> None:
    cuts = 0
    while cuts < CUTS and not enough.wait(0.1):
        cuts += len(service.sql(KILL_EVERYONE))


def _talk_on(service: Service, over: Event, client: int) -> int:
    """Dial and text in turn until it is over, then once more; gives the number of PAY lines taken."""
    chance, taken = random.Random(client), 0
    with closing(Line(service)) as line:
        while True:
            quiet, house = over.is_set(), chance.choice(town.houses())
            screen = line.dial(f"cut-{client}-{taken}", house.phone, "1")
            assert screen.startswith(("CON ", "END "))
            line.text_until_taken(f"cut-{client}-{taken}", town.collectors()[client], f"PAY {house.number} 7")
            taken += 1
            if quiet:
                assert house.number in screen
                return taken


@pytest.fixture
def own_redis(servers: Servers, world_template: str, tmp_path: Path) -> Iterator[Play]:
    """A service whose Redis is its own, and not started yet."""
    with fresh_database(servers, world_template) as url:
        made = Play(replace(demo_settings(servers, url), redis_url=embedded.valkey_url(tmp_path)))
        try:
            yield made
        finally:
            made.close()


def test_redis_that_stops_and_starts_again(own_redis: Play, tmp_path: Path) -> None:
    play = own_redis
    child = embedded.start_valkey(tmp_path, throwaway=True)
    try:
        phone = play.dial(COLLECTOR, "1", "120457")
        assert play.client.get("/readyz").status_code == 200
    finally:
        child.stop()
    phone.press("300")
    phone.press("1")
    assert phone.ended
    play.text(COLLECTOR, "PAY 120465 50")
    assert play.scalar("SELECT count(*) FROM payment") == 2
    answer = play.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert [name for name, state in answer.json.items() if state != "ok"] == ["redis"]
    child = embedded.start_valkey(tmp_path, throwaway=True)
    try:
        assert play.client.get("/readyz").status_code == 200
        assert play.dial(CUSTOMER, "1", "1").ended
        assert [phone for phone, _ in play.deliver()] == [CUSTOMER, TWO_LINES, COLLECTOR]
    finally:
        child.stop()


def test_redis_that_keeps_silent_does_not_keep_the_caller_waiting(
    servers: Servers, world_template: str
) -> None:
    """Networks end a USSD step after some ten seconds."""
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as mute,
        fresh_database(servers, world_template) as url,
    ):
        redis_url = f"redis://127.0.0.1:{mute.getsockname()[1]}/0"
        with closing(Play(replace(demo_settings(servers, url), redis_url=redis_url))) as play:
            began = time.monotonic()
            phone = Handset(play, CUSTOMER, "mute", "1*1")
            assert "620" in phone.send()
            assert time.monotonic() - began < 30
            began = time.monotonic()
            play.text(COLLECTOR, "PAY 120457 300")
            assert time.monotonic() - began < 30
            assert play.scalar("SELECT count(*) FROM payment") == 1
