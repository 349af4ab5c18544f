"""The main job through a real Kannel: a text from the operator moves money, and words come back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from core.db import Database
from core.loading import load
from core.settings import Settings
from tests.conftest import SECRET
from tests.kannel.walk import Walk, missing
from tests.service import ROOT, Service, free_port, until

WORLD = ROOT / "tests" / "world"
CUSTOMER, COLLECTOR = "+919800000001", "+919800000002"

pytestmark = pytest.mark.skipif(
    bool(missing()),
    reason=f"Kannel is not installed: no {', '.join(missing())} (Debian: apt install kannel kannel-extras)",
)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """The small world: a customer with dues of Rs 620.50, a collector."""
    made = Database(settings.database_url)
    assert load(made, WORLD).problems == []
    yield made
    made.close()


@pytest.fixture
def walk(settings: Settings, database: Database, tmp_path: Path) -> Iterator[Walk]:
    """Kannel, our web server and our worker, as processes of their own."""
    sendsms = free_port()
    service = Service(settings, tmp_path, f"http://127.0.0.1:{sendsms}/cgi-bin/sendsms")
    walk = Walk(tmp_path, service.url, SECRET, sendsms_port=sendsms)
    try:
        service.start("web")
        service.start("cron")
        walk.start()
        service.await_web()
        yield walk
    finally:
        walk.stop()
        service.stop()


def messages(database: Database) -> dict[tuple[str, str], tuple[str, str]]:
    """What the outbox holds: (phone, kind) → (words, state)."""
    with database.begin() as session:
        rows = session.execute(text("SELECT recipient, kind, body, state FROM outbox")).all()
    return {(row.recipient, row.kind): (row.body, row.state) for row in rows}


def dues(database: Database) -> int:
    """What the customer owes, in paise, and proof that the ledger is balanced."""
    with database.begin() as session:
        assert session.execute(text("SELECT coalesce(sum(amount_paise), 0) FROM posting")).scalar_one() == 0
        return int(
            session.execute(
                text(
                    "SELECT balance_paise FROM account JOIN connection ON connection.id = connection_id "
                    "WHERE number = '120457' AND kind = 'dues'"
                )
            ).scalar_one()
        )


def test_a_payment_by_text_and_a_question_in_hindi(walk: Walk, database: Database) -> None:
    before = dues(database)
    walk.text(COLLECTOR, "PAY 120457 300")
    wanted = {(COLLECTOR, "reply"), (CUSTOMER, "receipt")}
    until(lambda: messages(database).keys() >= wanted, "reply and receipt in the outbox")
    assert dues(database) == before - 300_00
    until(lambda: {state for _, state in messages(database).values()} == {"delivered"}, "delivery reports")
    for (phone, _), (words, _) in messages(database).items():
        assert (phone, words) in walk.arrived()

    with database.begin() as session:
        session.execute(text("UPDATE phone SET language = 'hi' WHERE e164 = :phone"), {"phone": CUSTOMER})
    walk.text(CUSTOMER, "बकाया")
    until(lambda: (CUSTOMER, "reply") in messages(database), "a reply in Hindi")
    words, _ = messages(database)[CUSTOMER, "reply"]
    assert "320.50" in words
    assert not words.isascii()
    until(lambda: (CUSTOMER, words) in walk.arrived(), "the Hindi reply at the phone")
    until(lambda: messages(database)[CUSTOMER, "reply"][1] == "delivered", "its delivery report")
