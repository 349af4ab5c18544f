"""What is kept no longer than it need be, and what must not be forgotten."""

from __future__ import annotations

from sqlalchemy import text

from core import retention
from core.db import Database
from core.settings import Settings


def test_the_old_goes_and_the_rest_stays(settings: Settings) -> None:
    database = Database(settings.database_url)
    with database.begin() as session:
        session.execute(
            text(
                """
                INSERT INTO outbox
                    (source, recipient, kind, language, body, parts, priority, state, created_at)
                SELECT name, '+919800000001', 'receipt', 'en', 'x', 1, 1, state,
                       now() - make_interval(days => age)
                FROM (VALUES ('o0', 'sent', 0), ('o1', 'sent', 100), ('o2', 'sent', 200),
                             ('o3', 'failed', 300), ('still', 'queued', 300)) AS given(name, state, age);
                INSERT INTO inbound (channel, provider, provider_id, sender, body, received_at, handled_at)
                SELECT 'sms', 'kannel', name, '+919800000001', 'x', now() - make_interval(days => age),
                       CASE WHEN handled THEN now() END
                FROM (VALUES ('old', 200, true), ('unanswered', 200, false), ('new', 0, true))
                     AS given(name, age, handled);
                INSERT INTO handled (key, talk, caller, result, at) VALUES
                    ('old', 't', '', '{}', now() - interval '31 days'), ('new', 't', '', '{}', now());
                INSERT INTO receipt_check (phone, day, wrong) VALUES
                    ('+919800000001', current_date - 9, 3), ('+919800000001', current_date, 1);
                INSERT INTO coupon_check (phone, day, wrong) VALUES
                    ('+919800000001', current_date - 9, 3), ('+919800000001', current_date, 1);
                INSERT INTO organisation (code, name) VALUES ('O', 'O');
                INSERT INTO state (organisation_id, code, name) SELECT id, 'S', 'S' FROM organisation;
                INSERT INTO cluster (state_id, code, name) SELECT id, 'C', 'C' FROM state;
                INSERT INTO plant (cluster_id, code, name) SELECT id, 'P', 'P' FROM cluster;
                INSERT INTO note (number, phone, plant_id, channel, opened_at, last_at, closed_at)
                SELECT given.name, given.name, plant.id, 'sms', now(), now(),
                       now() - make_interval(days => age)
                FROM plant, (VALUES ('old', 200), ('new', 0), ('open', NULL)) AS given(name, age);
                INSERT INTO note_line (note_id, source, at, body) SELECT id, number, now(), 'x' FROM note;
                INSERT INTO staff (code, name, role) VALUES ('C1', 'C', 'csa');
                INSERT INTO cash_list (staff_id, number, body, at)
                SELECT staff.id, age, '120457 300', now() - make_interval(days => age)
                FROM staff, (VALUES (200), (100)) AS given(age);
                INSERT INTO provider_event (id, body, received_at) VALUES
                    ('old', '{}', now() - interval '200 days'), ('new', '{}', now());
                """
            )
        )
    assert retention.clean(database) == {
        "outbox": 2,
        "inbound": 1,
        "note": 1,
        "cash_list": 1,
        "handled": 1,
        "one_time_code": 0,
        "receipt_check": 1,
        "coupon_check": 1,
        "provider_event": 1,
    }
    with database.begin() as session:
        left = session.scalars(
            text(
                "SELECT source FROM outbox UNION SELECT provider_id FROM inbound "
                "UNION SELECT key FROM handled"
            )
        )
        assert set(left) == {"o0", "o1", "still", "unanswered", "new"}
        lists = session.execute(text("SELECT number, body FROM cash_list ORDER BY number")).all()
        assert lists == [(100, "120457 300"), (200, "")]
    assert sum(retention.clean(database).values()) == 0
    database.close()
