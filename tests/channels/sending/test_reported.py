"""Reports that are quicker than our own record, and those that stop a number."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from channels import reports
from channels.message import Accepted, DeliveryReport
from channels.reports import WAITING, retry_early, take_report
from core import delivery
from tests.channels.sending.maker import Maker, Told


def report(make: Maker, told: DeliveryReport) -> None:
    take_report(make.database, make.redis, "en", "kannel", told)


def test_a_report_quicker_than_our_record_is_kept_for_it(make: Maker) -> None:
    make.write()
    with make.database.begin() as session:
        [message] = delivery.claim(session, 1, timedelta(minutes=1))
    report(make, DeliveryReport("delivered", "X1"))
    assert retry_early(make.database, make.redis, "en") == 0
    with make.database.begin() as session:
        delivery.record(session, [delivery.Result(message.id, 1, "sent", "kannel", "X1")])
    assert retry_early(make.database, make.redis, "en") == 1
    assert make.rows("state") == [("delivered",)]
    assert make.redis.llen(WAITING) == 0


def test_reports_of_messages_that_are_none_of_ours_wait_for_their_turn(
    make: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MOST_AT_ONCE", 2)
    make.write()
    for foreign in ("A", "B", "C"):
        report(make, DeliveryReport("delivered", foreign))
    report(make, DeliveryReport("delivered", "X1"))
    make.drain(Told("kannel", [Accepted("X1")]))
    assert [retry_early(make.database, make.redis, "en") for _ in range(2)] == [0, 1]
    assert make.rows("state") == [("delivered",)]
    assert make.redis.llen(WAITING) == 3


def test_a_report_that_says_blocked_stops_the_number(make: Maker) -> None:
    make.write()
    make.drain(Told("kannel", [Accepted("X1")]))
    report(make, DeliveryReport("failed", "X1", reason="DoNotDisturbRejection", blocked=True))
    with make.database.begin() as session:
        assert session.execute(text("SELECT unreachable FROM phone")).scalar_one() == "DoNotDisturbRejection"
