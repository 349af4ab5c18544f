"""Gateways and numbers in trouble: they rest, and those in charge hear of it once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from core.alerts import pause_gateway, resume_gateway, stop_texting, troubled_gateways
from core.db import Database
from core.settings import Settings
from tests.core.test_delivery import change, write


@pytest.fixture
def staffed(settings: Settings) -> Iterator[Database]:
    """A database of its own with staff in it."""
    made = Database(settings.database_url)
    staff(made)
    yield made
    made.close()


def staff(database: Database) -> None:
    """A plant with a customer on +919800000001, a technician and the two in-charges above."""
    change(
        database,
        """
        INSERT INTO organisation (code, name) VALUES ('o', 'O');
        INSERT INTO state (organisation_id, code, name) SELECT id, 's', 'S' FROM organisation;
        INSERT INTO cluster (state_id, code, name) SELECT id, 'c', 'C' FROM state;
        INSERT INTO plant (cluster_id, code, name) SELECT id, 'p', 'P' FROM cluster;
        INSERT INTO staff (code, name, phone, role) VALUES
            ('t', 'T', '+919800000002', 'technician'), ('c', 'C', '+919800000003', 'cluster_in_charge'),
            ('s', 'S', '+919800000008', 'state_in_charge');
        INSERT INTO staff_scope (staff_id, plant_id) SELECT staff.id, plant.id FROM staff, plant
            WHERE role = 'technician';
        INSERT INTO staff_scope (staff_id, cluster_id) SELECT staff.id, cluster.id FROM staff, cluster
            WHERE role = 'cluster_in_charge';
        INSERT INTO package (organisation_id, code, name, load_watts, hours, prepaid, metered)
            SELECT id, 'k', 'K', 100, '24', false, false FROM organisation;
        INSERT INTO customer (reference, name) VALUES ('r', 'R');
        INSERT INTO connection (reference, number, customer_id, plant_id, package_id)
            SELECT 'r', '120457', customer.id, plant.id, package.id FROM customer, plant, package;
        INSERT INTO phone (e164) VALUES ('+919800000001');
        INSERT INTO connection_phone (connection_id, e164, role)
            SELECT id, '+919800000001', 'holder' FROM connection;
        """,
    )


def told(database: Database) -> list[str]:
    with database.begin() as session:
        return list(
            session.scalars(text("SELECT recipient FROM outbox WHERE kind = 'staff_alert' ORDER BY 1"))
        )


def test_a_gateway_rests_longer_each_time_and_staff_hear_of_it_once(staffed: Database) -> None:
    rests = []
    for _ in range(5):
        with staffed.begin() as session:
            pause_gateway(session, "kannel", "balance", default_language="en")
            pause_gateway(session, "kannel", "balance", default_language="en")  # a second worker at once
            assert troubled_gateways(session) == {"kannel": True}
            rests.append(session.execute(text("SELECT until - now() FROM gateway_pause")).scalar_one())
        # The rest goes by.
        change(
            staffed,
            "UPDATE gateway_pause SET since = since - (until - now()), "
            "until = now() - interval '1 millisecond'",
        )
    assert [round(rest.total_seconds(), -1) for rest in rests] == [60, 60, 120, 240, 480]
    assert told(staffed) == ["+919800000003", "+919800000008"]
    with staffed.begin() as session:
        assert troubled_gateways(session) == {"kannel": False}
        resume_gateway(session, "kannel")
        assert troubled_gateways(session) == {}


def test_a_blocked_number_is_left_alone_and_its_in_charge_told(staffed: Database) -> None:
    write(staffed, "waiting")
    with staffed.begin() as session:
        assert stop_texting(session, "+919800000001", "409 do not disturb", default_language="en")
        assert not stop_texting(session, "+919800000001", "again", default_language="en")
    assert told(staffed) == ["+919800000003"]
    with staffed.begin() as session:
        assert session.execute(text("SELECT unreachable FROM phone")).scalar_one() == "409 do not disturb"
        assert (
            session.execute(text("SELECT state FROM outbox WHERE source = 'waiting'")).scalar_one()
            == "failed"
        )
    write(staffed, "after")
    with staffed.begin() as session:
        assert session.execute(text("SELECT count(*) FROM outbox WHERE source = 'after'")).scalar_one() == 0
