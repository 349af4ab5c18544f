"""STOP, START and WHATSAPP: what leaves afterwards, what waits, and what is kept of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core import consent
from core.consent import STOPPABLE
from core.db import Database
from core.doing import Doing
from core.outbox import KINDS, post
from core.people import Caller
from core.settings import Settings

PHONE, HIDDEN = "+919800000001", "IN.77"
AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def session(settings: Settings) -> Iterator[Session]:
    database = Database(settings.database_url)
    with database.begin() as made:
        made.execute(
            text(
                "INSERT INTO inbound (channel, provider, provider_id, sender, body) "
                "VALUES ('sms', 'kannel', 'm1', :phone, 'Band karo!')"
            ),
            {"phone": PHONE},
        )
        yield made
        made.rollback()
    database.close()


@pytest.fixture
def doing(session: Session, settings: Settings) -> Doing:
    return Doing(session, Caller(PHONE, "en", (), None), "sms", "kannel:m1/0.2", AT, settings)


def write(session: Session, kind: str, phone: str = PHONE) -> tuple[str, str] | None:
    """Channel and state of a message of this kind, written now; None when it is not."""
    source = f"{kind}:{phone}:{session.scalar(text('SELECT count(*) FROM outbox'))}"
    post(
        session,
        source=source,
        recipient=phone,
        kind=kind,
        text="x",
        language="en",
        default_language="en",
        channel="sms",
    )
    row = session.execute(
        text("SELECT channel, state FROM outbox WHERE source = :source"), {"source": source}
    ).one_or_none()
    return None if row is None else (row.channel, row.state)


def test_what_can_be_stopped_is_what_nobody_needs() -> None:
    assert STOPPABLE == ["broadcast", "carry", "coupon", "reminder"]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_after_stop_only_what_must_comes_and_by_sms(session: Session, doing: Doing, kind: str) -> None:
    consent.use_whatsapp(doing, "Yes?")
    consent.stop(doing)
    assert write(session, kind) == (None if kind in STOPPABLE else ("sms", "queued"))
    consent.start(doing)
    assert write(session, kind) == ("sms", "queued")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_on_whatsapp_goes_what_may(session: Session, doing: Doing, kind: str) -> None:
    consent.use_whatsapp(doing, "Yes?")
    by_sms = kind in ("call", "carry", "code", "note", "reply", "staff_alert")
    assert write(session, kind) == ("sms" if by_sms else "whatsapp", "queued")
    consent.leave_whatsapp(doing, "No?")
    assert write(session, kind) == ("sms", "queued")


def test_what_waits_is_stopped_as_well(session: Session, doing: Doing) -> None:
    consent.use_whatsapp(doing, "Yes?")
    for kind in ("receipt", "reminder", "code"):
        write(session, kind)
    consent.stop(doing)
    rows = session.execute(text("SELECT kind, channel, state, error, detour FROM outbox ORDER BY id"))
    assert [tuple(row) for row in rows] == [
        ("receipt", "sms", "queued", None, "stopped"),
        ("reminder", "whatsapp", "failed", "stopped", None),
        ("code", "sms", "queued", None, None),
    ]


@pytest.mark.parametrize(("kind", "goes"), [("receipt", False), ("notice", False), ("reply", True)])
def test_without_a_number_stop_leaves_only_answers(
    session: Session, settings: Settings, kind: str, goes: bool
) -> None:
    hidden = Doing(session, Caller(HIDDEN, "en", (), None), "whatsapp", "twilio:m2/0.2", AT, settings)
    consent.stop(hidden)
    assert (write(session, kind, HIDDEN) is not None) is goes


def test_when_how_and_in_which_words_is_kept_for_good(session: Session, doing: Doing) -> None:
    consent.use_whatsapp(doing, "Send your receipts on WhatsApp?")
    consent.stop(doing)
    rows = session.execute(text("SELECT phone, purpose, given, at, channel, words FROM consent ORDER BY id"))
    assert [tuple(row) for row in rows] == [
        (PHONE, "whatsapp", True, AT, "sms", "Send your receipts on WhatsApp?"),
        (PHONE, "messages", False, AT, "sms", "Band karo!"),
    ]
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text("DELETE FROM consent"))
