"""Commands for meters: claimed once, in order, overtaken by the newest, never lost with a killed worker."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from sqlalchemy import text

from core import meters
from core.db import Database
from core.meters.commands import Order, Result, claim, record, requeue_abandoned
from tests.conftest import Servers, fresh_database

AT = datetime(2026, 11, 20, tzinfo=UTC)
LEASE = timedelta(minutes=5)


@pytest.fixture(scope="module")
def kept(servers: Servers, world_template: str) -> Iterator[Database]:
    with fresh_database(servers, world_template) as url:
        made = Database(url)
        with made.begin() as session:
            session.execute(
                text(
                    "UPDATE connection SET meter_driver = 'simulated', meter_id = number WHERE number < '13'"
                )
            )
        yield made
        made.close()


@pytest.fixture
def database(kept: Database) -> Database:
    """Four smart meters, 120457 to 120481, and nothing for them to do."""
    with kept.begin() as session:
        session.execute(text("DELETE FROM meter_command"))
    return kept


def house(database: Database, number: str) -> int:
    with database.begin() as session:
        found = session.execute(text("SELECT id FROM connection WHERE number = :n"), {"n": number})
        return int(found.scalar_one())


def switch(database: Database, source: str, *, on: bool, number: str = "120457") -> bool:
    with database.begin() as session:
        one = house(database, number)
        return meters.switch(session, source=source, connection_id=one, on=on, at=AT)


def take(database: Database, *, may_cut: bool = True, limit: int = 10) -> list[Order]:
    with database.begin() as session:
        return claim(session, limit, LEASE, drivers=["simulated"], may_cut=may_cut)


def put(database: Database, order: Order, result: Result | None = None) -> None:
    with database.begin() as session:
        record(session, [result or Result(order.id, order.attempts, "done")])


def states(database: Database) -> list[tuple[str, str]]:
    with database.begin() as session:
        rows = session.execute(text("SELECT source, state FROM meter_command ORDER BY id")).all()
    return [(row[0], row[1]) for row in rows]


def test_only_a_smart_meter_is_told(database: Database) -> None:
    assert not switch(database, "a", on=False, number="200002")
    assert states(database) == []
    assert switch(database, "a", on=False)
    assert switch(database, "a", on=False)
    assert states(database) == [("a", "queued")]


def test_the_newest_switch_counts(database: Database) -> None:
    for source, on in (("a", False), ("b", True), ("c", False)):
        switch(database, source, on=on)
    assert [order.source for order in take(database)] == ["c"]
    assert states(database) == [("a", "replaced"), ("b", "replaced"), ("c", "sending")]


def test_one_command_of_a_meter_at_a_time(database: Database) -> None:
    switch(database, "off", on=False)
    [off] = take(database)
    switch(database, "on", on=True)
    assert take(database) == []
    put(database, off, Result(off.id, off.attempts, "queued", error="no answer"))
    assert [order.source for order in take(database)] == ["on"]
    assert states(database) == [("off", "replaced"), ("on", "sending")]


def test_nothing_is_switched_off_by_night(database: Database) -> None:
    switch(database, "off", on=False)
    switch(database, "on", on=True, number="120465")
    assert [order.source for order in take(database, may_cut=False)] == ["on"]
    assert [order.source for order in take(database)] == ["off"]


def test_credits_never_overtake_one_another(database: Database) -> None:
    one = house(database, "120457")
    with database.begin() as session:
        for source in ("a", "b"):
            assert meters.credit(session, source=source, connection_id=one, paise=100, at=AT)
        assert meters.set_package(session, source="t", connection_id=one, tariff="Home", at=AT)
    got = take(database)
    assert [(order.action, order.paise, order.tariff) for order in got] == [
        ("credit", 100, None),
        ("credit", 100, None),
        ("set_tariff", None, "Home"),
    ]


def test_a_killed_workers_command_is_claimed_again_and_its_ghost_writes_nothing(database: Database) -> None:
    switch(database, "a", on=True)
    [ghost] = take(database)
    with database.begin() as session:
        assert requeue_abandoned(session) == 0
        session.execute(text("UPDATE meter_command SET next_at = now() - interval '1 second'"))
        assert requeue_abandoned(session) == 1
    [again] = take(database)
    assert (again.id, again.attempts) == (ghost.id, 2)
    put(database, ghost, Result(ghost.id, ghost.attempts, "failed", error="late"))
    assert states(database) == [("a", "sending")]
    put(database, again)
    assert states(database) == [("a", "done")]


def test_two_workers_share_without_overlap(database: Database) -> None:
    for number in ("120457", "120465", "120473", "120481"):
        switch(database, number, on=True, number=number)
    taken: list[str] = []

    def work() -> None:
        while orders := take(database, limit=1):
            taken.extend(order.source for order in orders)
            put(database, orders[0])

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == ["120457", "120465", "120473", "120481"]
