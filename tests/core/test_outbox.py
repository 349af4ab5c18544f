"""Writing messages: once per cause, in the reader's language, never to a phone that can't be reached."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from core import gsm
from core.db import Database
from core.outbox import KINDS, Message, post, post_many
from core.settings import LANGUAGES
from core.text import Text, render, say

WORDS = say("alerts.number_blocked", last="0001", connection="120457")


@pytest.fixture
def session(kept_database: Database) -> Iterator[Session]:
    """A transaction that comes to nothing, with three phones we know."""
    with kept_database.begin() as made:
        made.execute(
            text(
                "INSERT INTO phone (e164, language, unreachable) VALUES "
                "('+919800000005', 'hi', NULL), ('+919800000004', 'en', NULL), "
                "('+919800000007', 'en', 'gone')"
            )
        )
        yield made
        made.rollback()


def posted(session: Session, recipient: str, words: Text | str = WORDS, **more: object) -> bool:
    values: dict[str, object] = {
        "source": f"test:{recipient}",
        "kind": "receipt",
        "default_language": "hi-Latn",
    }
    return post(session, recipient=recipient, text=words, **(values | more))  # type: ignore[arg-type]  # test values


def written(session: Session) -> list[tuple[str, str, str]]:
    rows = session.execute(text("SELECT recipient, language, body FROM outbox ORDER BY id")).all()
    return [(row.recipient, row.language, row.body) for row in rows]


@pytest.mark.parametrize(
    ("recipient", "wanted", "language"),
    [
        ("+919800000005", None, "hi"),
        ("+919800000004", None, "en"),
        ("+919800000009", None, "hi-Latn"),
        ("+919800000005", "en", "en"),
    ],
)
def test_language_is_the_readers(session: Session, recipient: str, wanted: str | None, language: str) -> None:
    assert posted(session, recipient, language=wanted)
    assert written(session) == [(recipient, language, render(WORDS, language))]


def test_what_is_written_already_stays_as_it_is(session: Session) -> None:
    assert posted(session, "+919800000005", "रसीद 11", language="hi")
    assert written(session) == [("+919800000005", "hi", "रसीद 11")]


def test_one_cause_speaks_once(session: Session) -> None:
    assert posted(session, "+919800000004", source="receipt:1")
    assert not posted(session, "+919800000004", source="receipt:1")
    assert not posted(session, "+919800000005", source="receipt:1")
    assert len(written(session)) == 1


def test_an_unreachable_phone_gets_nothing(session: Session) -> None:
    assert not posted(session, "+919800000007")
    assert not posted(session, "+919800000007", language="hi")
    assert written(session) == []


def test_many_in_one_statement(session: Session) -> None:
    messages = [Message(f"notice:{n}", f"+9198100{n:05}", "notice", WORDS) for n in range(500)]
    messages += [Message("notice:unreachable", "+919800000007", "notice", WORDS), messages[0]]
    assert post_many(session, messages, default_language="en") == 500
    assert post_many(session, messages, default_language="en") == 0
    assert post_many(session, [], default_language="en") == 0
    assert {language for _, language, _ in written(session)} == {"en"}


def test_cost_urgency_and_life_are_written_down(session: Session) -> None:
    for kind in KINDS:
        posted(session, "+919800000005", source=kind, kind=kind, language="hi")
    rows = session.execute(text("SELECT kind, parts, priority, expires_at - now() AS life FROM outbox")).all()
    parts = gsm.parts(render(WORDS, "hi"))
    assert {(row.kind, row.parts, row.priority, row.life) for row in rows} == {
        (name, parts, kind.priority, kind.life) for name, kind in KINDS.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "words",
    [
        say("alerts.number_blocked", last="0001", connection="1234567890"),
        *(
            say("alerts.gateway_paused", gateway="africastalking", reason=say(f"alerts.trouble.{trouble}"))
            for trouble in ("balance", "sender", "login", "silent")
        ),
    ],
)
def test_alerts_keep_to_their_budget(words: Text, language: str) -> None:
    assert gsm.parts(render(words, language)) <= KINDS["staff_alert"].budget[language]
