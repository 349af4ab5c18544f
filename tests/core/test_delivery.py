"""From queued to delivered: claims, records, reports in any order, and what the sweep puts right."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from threading import Thread

import pytest
from sqlalchemy import text

from core import delivery, outbox_sweep
from core.db import Database
from core.delivery import Outgoing, Reported, Result
from core.outbox import post

MINUTE = timedelta(minutes=1)


@pytest.fixture
def database(kept_database: Database) -> Database:
    """The database without any message."""
    change(kept_database, "DELETE FROM outbox; DELETE FROM gateway_pause")
    return kept_database


def write(database: Database, source: str = "one", kind: str = "receipt") -> None:
    with database.begin() as session:
        post(
            session,
            source=source,
            recipient="+919800000001",
            kind=kind,
            text=f"body of {source}",
            language="en",
            default_language="en",
        )


def claim(database: Database, limit: int = 10) -> list[Outgoing]:
    with database.begin() as session:
        return delivery.claim(session, limit, MINUTE)


def record(database: Database, message: Outgoing, state: str, **more: object) -> None:
    result = Result(message.id, message.attempts, state, "kannel", **more)  # type: ignore[arg-type]  # test values
    with database.begin() as session:
        delivery.record(session, [result])


def report(database: Database, message: Outgoing, state: str) -> Reported | None:
    with database.begin() as session:
        return delivery.apply_report(session, "kannel", state, row=message.id)


def change(database: Database, statement: str) -> None:
    with database.begin() as session:
        session.execute(text(statement))


def sweep(database: Database) -> None:
    with database.begin() as session:
        outbox_sweep.requeue_abandoned(session)
        outbox_sweep.settle_unsure(session)
        outbox_sweep.close_expired(session)


def state(database: Database) -> str:
    with database.begin() as session:
        return str(session.execute(text("SELECT state FROM outbox")).scalar_one())


# Claims


def test_the_most_urgent_go_first(database: Database) -> None:
    for kind in ("notice", "reply", "staff_alert", "code", "receipt"):
        write(database, kind, kind)
    assert [message.kind for message in claim(database, 3)] == ["code", "reply", "receipt"]
    assert [message.kind for message in claim(database, 3)] == ["notice", "staff_alert"]
    assert claim(database) == []


def test_two_senders_never_take_the_same_message(database: Database) -> None:
    for number in range(200):
        write(database, str(number))
    taken: list[int] = []

    def take() -> None:
        while batch := claim(database, 7):
            taken.extend(message.id for message in batch)

    threads = [Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(set(taken))
    assert len(taken) == 200


def test_an_abandoned_claim_is_queued_again(database: Database) -> None:
    write(database)
    [first] = claim(database)
    sweep(database)
    assert claim(database) == []
    change(database, "UPDATE outbox SET next_at = now() - interval '1 second'")
    sweep(database)
    [second] = claim(database)
    assert (second.id, second.attempts) == (first.id, 2)


def test_a_slow_sender_does_not_overrule_the_next(database: Database) -> None:
    write(database)
    [slow] = claim(database)
    change(database, "UPDATE outbox SET next_at = now() - interval '1 second'")
    sweep(database)
    [second] = claim(database)
    record(database, slow, "queued", error="HTTP 503")
    assert state(database) == "sending"
    record(database, second, "sent")
    assert state(database) == "sent"


# Reports


@pytest.mark.parametrize("order", list(permutations(["recorded", "sent", "delivered", "failed"])))
def test_reports_never_run_backwards(database: Database, order: tuple[str, ...]) -> None:
    write(database)
    [message] = claim(database)
    final = None
    for step in order:
        if step == "recorded":
            record(database, message, "sent", provider_id="X1")
        else:
            report(database, message, step)
            if final is None and step in ("delivered", "failed"):
                final = step
        if final:
            assert state(database) == final
    assert final is not None


@pytest.mark.parametrize(
    ("before", "said", "after", "moved"),
    [
        ("sent", "sent", "sent", False),
        ("sent", "delivered", "delivered", True),
        ("sent", "failed", "failed", True),
        ("delivered", "sent", "delivered", False),
        ("delivered", "failed", "delivered", False),
        ("failed", "delivered", "failed", False),
        ("unsure", "sent", "sent", True),
        ("unsure", "delivered", "delivered", True),
        ("queued", "delivered", "delivered", True),
        ("expired", "delivered", "delivered", True),
    ],
)
def test_one_report(database: Database, before: str, said: str, after: str, moved: bool) -> None:
    write(database)
    [message] = claim(database)
    record(database, message, before)
    assert report(database, message, said) == Reported("+919800000001", moved)
    assert state(database) == after


def test_a_report_finds_its_message_by_the_providers_id(database: Database) -> None:
    write(database)
    [message] = claim(database)
    with database.begin() as session:
        assert delivery.apply_report(session, "kannel", "delivered", provider_id="X1") is None
    record(database, message, "sent", provider_id="X1")
    with database.begin() as session:
        assert delivery.apply_report(session, "twilio", "delivered", provider_id="X1") is None
        assert delivery.apply_report(session, "kannel", "delivered", provider_id="X1") is not None
    assert state(database) == "delivered"


def test_another_gateways_report_is_not_ours(database: Database) -> None:
    write(database)
    [message] = claim(database)
    record(database, message, "sent")
    with database.begin() as session:
        assert delivery.apply_report(session, "twilio", "failed", row=message.id) is None


def test_a_message_in_doubt_is_known_by_its_phone(database: Database) -> None:
    write(database)
    [message] = claim(database)
    record(database, message, "unsure", wait=600.0)
    with database.begin() as session:
        found = delivery.apply_report(session, "kannel", "sent", provider_id="X9", recipient="+919800000001")
    assert found == Reported("+919800000001", moved=True)
    with database.begin() as session:
        assert delivery.apply_report(session, "kannel", "delivered", provider_id="X9")
    assert state(database) == "delivered"


# In doubt, too late, wiped


@pytest.mark.parametrize(
    ("kind", "sendings"), [("receipt", 2), ("reply", 2), ("notice", 2), ("reversal", 2), ("code", 1)]
)
def test_a_message_in_doubt_is_sent_once_more_at_most(database: Database, kind: str, sendings: int) -> None:
    write(database, kind=kind)
    count = 0
    for _ in range(4):
        for message in claim(database):
            count += 1
            record(database, message, "unsure", wait=600.0)
        sweep(database)
        assert claim(database) == []  # not before its time
        change(database, "UPDATE outbox SET next_at = now() - interval '1 second'")
        sweep(database)
    assert count == sendings
    assert state(database) == "unsure"
    with database.begin() as session:
        assert session.execute(text("SELECT finished_at IS NOT NULL FROM outbox")).scalar_one()


def test_too_late_is_not_sent(database: Database) -> None:
    write(database)
    change(database, "UPDATE outbox SET expires_at = now() - interval '1 second'")
    assert claim(database) == []
    sweep(database)
    assert state(database) == "expired"


def test_a_code_is_wiped_when_it_no_longer_holds(database: Database) -> None:
    write(database, "a code", "code")
    write(database, "mended? a code", "mended")
    write(database, "a receipt", "receipt")
    claim(database)
    sweep(database)
    change(database, "UPDATE outbox SET expires_at = now() - interval '1 second'")
    sweep(database)
    with database.begin() as session:
        bodies = session.execute(text("SELECT kind, body FROM outbox ORDER BY kind")).all()
    assert [tuple(row) for row in bodies] == [("code", ""), ("mended", ""), ("receipt", "body of a receipt")]


def test_what_waits_is_counted(database: Database) -> None:
    for number in range(3):
        write(database, str(number))
    [message] = claim(database, 1)
    record(database, message, "unsure", wait=600.0)
    change(database, "UPDATE outbox SET next_at = now() - interval '90 seconds' WHERE state = 'queued'")
    with database.begin() as session:
        assert outbox_sweep.count_waiting(session) == {"queued": 2, "sending": 0, "unsure": 1, "late": 90}
