"""What the walk finds: payments, bills, requests and meters in every state that can be shown."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import text

from core import billing
from core.billing import Period
from core.clock import now, today
from core.db import Database
from core.doing import Doing
from core.dunning import charging, late_fees
from core.ids import with_check_digit
from core.people import find_caller
from core.schemes import plans, view
from tests.play import Play


def set_out(play: Play) -> None:
    """All of it, one after the other."""
    for amount in range(1, 9):
        play.text("+919800000002", f"PAY 120457 {amount}")
    for phone in ("+919800000003", "+919800000062"):
        play.text(phone, "PAY 120457 9")
    sell(play, "FAN", "120457", "120473")
    bill_two_months(play)
    read_water(play)
    leave_unpaid(play)
    sell(play, "TV", "120473", "200002")
    play.text("+919800000001", "READ 140")
    flag_and_meter(play)
    play.text("+919800000002", "PAY 120465 7")
    play.text("+919800000002", "HAND M1 5")
    for words in ("NO", "1"):
        play.text("+919800000001", words)
    work_on_some(play)
    play.text("+919800000004", "when will the new lines reach our lane")


_JUST_NOW = """
DO $$
DECLARE
    age interval := now() - (SELECT max(received_at) FROM inbound);
    one record;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN
        SELECT table_name, string_agg(format('%1$I = CASE WHEN %1$I > now() - interval ''1 day'' '
            'AND %1$I < now() THEN %1$I + $1 ELSE %1$I END', column_name), ', ') AS moments
        FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND is_generated = 'NEVER'
        AND data_type = 'timestamp with time zone' GROUP BY table_name
    LOOP
        EXECUTE format('UPDATE %I SET %s', one.table_name, one.moments) USING age;
    END LOOP;
END $$
"""


def just_now(database: Database) -> None:
    """Let all of it have happened this moment: how long ago it was made decides what may still be undone."""
    with database.begin() as session:
        session.execute(text(_JUST_NOW))


def sell(play: Play, scheme: str, *numbers: str) -> None:
    """An appliance on instalments for some connections, as if their codes had come."""
    database = play.services.database
    csa = find_caller(database.reader, "+919800000032")
    for number in numbers:
        line = int(str(play.scalar(f"SELECT id FROM connection WHERE number = '{number}'")))
        offer = next(one for one in view.offers(database.reader, line, 9) if one.code == scheme)
        with database.begin() as session:
            doing = Doing(session, csa, "sms", f"stage/{scheme}/{number}", now(), play.settings)
            plans.begin(doing, line, offer)


def flag_and_meter(play: Play) -> None:
    """A flag and a smart meter in every state that a list can show."""
    with play.services.database.begin() as session:
        session.execute(
            text(
                "UPDATE connection SET meter_driver = 'simulated', meter_id = number "
                "WHERE number IN ('120465', '200002', '200019', '200027')"
            )
        )
        session.execute(
            text(
                "INSERT INTO meter_state (connection_id, seen_at, wh, is_on) "
                "SELECT id, now() - age, 123456, is_on FROM connection JOIN (VALUES "
                "('120457', interval '0', true), ('120465', '1 hour', false), ('120473', '1 day', true), "
                "('120481', '0', true), ('200002', '0', false), ('200019', '0', NULL)) "
                "AS seen (number, age, is_on) USING (number)"
            )
        )
        session.execute(
            text(
                "INSERT INTO meter_command (source, connection_id, action, next_at) "
                "SELECT number, id, action, 'infinity' FROM connection JOIN (VALUES "
                "('120481', 'switch_off'), ('200002', 'switch_on')) AS wish (number, action) USING (number)"
            )
        )
        session.execute(
            text(
                "INSERT INTO connection_flag (connection_id, since, arrears_paise, limit_paise, state, "
                "act_after, off_at, excused_until) "
                "SELECT id, now(), 60000, 50000, state, now() + days, now(), current_date + 30 "
                "FROM connection JOIN (VALUES ('120457', 'switched_off', interval '1 day'), "
                "('120473', 'flagged', '1 day'), ('120481', 'flagged', '-1 day'), "
                "('200002', 'excused', '1 day')) AS flag (number, state, days) USING (number)"
            )
        )


def work_on_some(play: Play) -> None:
    """Faults in every state: one taken and one of danger, two said to be mended, two closed."""
    for line in ("FAULT 2 dark", "FAULT 3 dim", "FAULT 4 stuck", "FAULT 5 bill", "FAULT 6 bent"):
        play.text("+919800000001", line)
    play.text("+919800000004", "FAULT 120465 1")
    numbers = [str(with_check_digit(serial)) for serial in range(1000, 1006)]
    play.text("+919800000002", f"TAKE {numbers[0]}")
    play.text("+919800000001", "FAULT 1 sparks")
    for number in [*numbers[1:5], str(with_check_digit(1006))]:
        play.text("+919800000002", f"DONE {number}")
    for number in numbers[3:5]:
        play.text("+919800000003", f"OK {number}")
    for phone, plant in (("9800000055", "RAMPUR"), ("9800000056", "RAMPUR"), ("9800000057", "RAMPUR")):
        play.text("+919800000032", f"NAYALIYE {phone} Ram Prasad {plant}")
    for line in ("STAGE {} 1", "DONE {}"):
        play.text("+919800000002", line.format(with_check_digit(1008)))
    play.text("+919800000002", f"STAGE {with_check_digit(1009)} 2")
    for line in ("NAYA Hari Om", "Kahin", "5"):
        play.text("+919800000058", line)


def bill_two_months(play: Play) -> None:
    """A house read in November and not in December, and one in advance: every line a bill can have."""
    database = play.services.database
    with database.begin() as session:
        session.execute(text("UPDATE plan SET begun_on = '2026-11-20'"))
        session.execute(
            text(
                "INSERT INTO reading (connection_id, taken_on, wh, source) "
                "SELECT id, day, wh, 'test' FROM connection, "
                "(VALUES ('2026-10-31'::date, 100000), ('2026-11-30', 108500)) AS shown(day, wh) "
                "WHERE number = '120473'"
            )
        )
    plant = billing.plant_of(database, "RAMPUR")
    for month, issued_on in (("2026-11", date(2026, 12, 1)), ("2026-12", date(2027, 1, 1))):
        billing.post(
            database,
            plant,
            Period.read(month),
            lambda label, done, total: None,
            default_language="en",
            service="Bijli Line",
            issued_on=issued_on,
        )


def read_water(play: Play) -> None:
    """A water unit with three readings: the walk finds the last two wrong, and one is left to count from."""
    with play.services.database.begin() as session:
        session.execute(
            text(
                "INSERT INTO water_reading (source, plant_id, taken_on, litres, wh) "
                "SELECT 'stage' || ago, id, CAST(:day AS date) - ago, litres, wh FROM plant, "
                "(VALUES (30, 700, 3000), (20, 800, 6000), (10, 1000, 10000)) AS shown (ago, litres, wh) "
                "WHERE code = 'RAMPUR'"
            ),
            {"day": today()},
        )


def leave_unpaid(play: Play) -> None:
    """A late fee that is charged, and one that is only announced."""
    database = play.services.database
    with database.begin() as session:
        session.execute(text("UPDATE organisation SET late_fee_paise = 2000"))
    for day in (datetime(2026, 12, 19, 6, 30, tzinfo=UTC), datetime(2027, 1, 19, 6, 30, tzinfo=UTC)):
        late_fees.announce(database, day, default_language="en", service="Bijli Line")
        with database.begin() as session:
            session.execute(
                text("UPDATE outbox SET state = 'delivered', sent_at = :at WHERE kind = 'late_fee'"),
                {"at": day},
            )
        charging.charge(database, day)
