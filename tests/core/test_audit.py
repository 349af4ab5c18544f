"""The audit's chain: what was changed, removed or slipped in is found."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from core import audit
from core.db import Database
from tests.play import Play


def acts(play: Play, count: int) -> Database:
    """Some acts, each with its row in the audit."""
    for amount in range(1, count + 1):
        play.text("+919800000002", f"PAY 120457 {amount}")
    return play.services.database


def meddle(database: Database, sql: str) -> None:
    """What only somebody with the database's own keys can do: pass the triggers by."""
    with database.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text(sql))


def test_an_honest_audit_holds_and_goes_on(play: Play) -> None:
    database = acts(play, 3)
    assert audit.seal(database) > 3
    first = audit.prove(database)
    acts(play, 2)
    assert audit.prove(database).unsealed == 2
    assert audit.seal(database) == 2
    second = audit.prove(database)
    assert (first.broken_at, second.broken_at, second.sealed - first.sealed) == (None, None, 2)
    assert first.newest != second.newest


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit SET details = '{}' WHERE id = (SELECT max(id) - 1 FROM audit)",
        "UPDATE audit SET staff_id = NULL WHERE id = (SELECT max(id) - 1 FROM audit)",
        "DELETE FROM audit WHERE id = (SELECT max(id) - 1 FROM audit)",
        "DELETE FROM audit_seal WHERE position = 2",
        "UPDATE audit_seal SET hash = decode('00', 'hex') WHERE position = 2",
    ],
)
def test_meddling_is_found(play: Play, sql: str) -> None:
    database = acts(play, 3)
    audit.seal(database)
    meddle(database, sql)
    assert audit.prove(database).broken_at is not None


def test_the_service_itself_can_not_change_a_seal(play: Play) -> None:
    database = acts(play, 1)
    audit.seal(database)
    with pytest.raises(Exception, match="append-only"), database.begin() as session:
        session.execute(text("UPDATE audit_seal SET hash = ''"))


def test_two_who_seal_at_once_make_one_chain(play: Play) -> None:
    database = acts(play, 3)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: audit.seal(database), range(2)))
    assert audit.prove(database).broken_at is None
